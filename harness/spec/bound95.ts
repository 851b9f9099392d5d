/**
 * Upper end of the 95 % interval of a rate of which `violations` in `trials` were seen: the rule of three for none,
 * Wilson's interval otherwise; at most 1, and 1 where nothing was tried.
 */
export function bound95(violations: number, trials: number): number {
  if (trials <= 0) return 1;
  if (violations <= 0) return Math.min(1, 3 / trials);
  const z = 1.959964;
  const rate = Math.min(1, violations / trials);
  const spread = z * Math.sqrt((rate * (1 - rate)) / trials + (z * z) / (4 * trials * trials));
  return Math.min(1, (rate + (z * z) / (2 * trials) + spread) / (1 + (z * z) / trials));
}
