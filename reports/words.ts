import type { ScenarioRecord, LoadMetrics } from "../harness/spec/run-record.ts";
import type { VerdictKind } from "../harness/spec/verdict.ts";
import type { Conclusion } from "./conclusion.ts";

/* How figures and verdicts are written, the same in every rendering. */

/** A glyph never stands without its word: not every terminal, font and reader can tell the glyphs apart. */
export const GLYPHS: Readonly<Record<VerdictKind | "setup-failed", string>> = {
  pass: "✓",
  fail: "✗",
  warn: "!",
  info: "i",
  unsupported: "-",
  inconclusive: "?",
  "known-failure": "~",
  "setup-failed": "?",
};

/** Where a colour is all that a text can carry of it: the shapes differ too, and each is a link with its word. */
export const SYMBOLS: Readonly<Record<VerdictKind, string>> = {
  pass: "✅",
  fail: "❌",
  warn: "⚠️",
  info: "ℹ️",
  unsupported: "➖",
  inconclusive: "❔",
  "known-failure": "🔶",
};

/** What each verdict means to whoever reads a table of them; in the order in which it is explained. */
export const VERDICT_WORDS: Readonly<Record<VerdictKind, string>> = {
  pass: "the rule held",
  info: "observed, and no demand",
  warn: "a SHOULD was violated",
  "known-failure": "violated, as its target file says, with the reason",
  fail: "a MUST was violated",
  inconclusive: "could not be decided",
  unsupported: "needs what the target does not claim to have",
};

export const CONCLUSION_WORDS: Readonly<Record<Conclusion, string>> = {
  "known-failures-only": "as expected: nothing fails but what is known to",
  conformant: "conformant",
  "not-conformant": "not conformant: a MUST failed",
  "did-not-boot": "did not boot",
  inconclusive: "inconclusive",
  interrupted: "interrupted",
};

export const UNKNOWN = "n/a";

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
const two = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 2 });

export function number(value: number): string {
  return Number.isFinite(value) ? whole.format(value) : UNKNOWN;
}

/** `12.3 ms`, `1,250 ms`. */
export function milliseconds(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return UNKNOWN;
  return `${value >= 1000 ? whole.format(value) : short.format(value)} ms`;
}

export function seconds(valueMs: number): string {
  return Number.isFinite(valueMs) ? `${(valueMs / 1000).toFixed(1)} s` : UNKNOWN;
}

/** A rate between 0 and 1 as `0.025 %`. */
export function percent(rate: number): string {
  return Number.isFinite(rate) ? `${two.format(rate * 100)} %` : UNKNOWN;
}

/** A rate between 0 and 1 as a number per million. */
export function perMillion(rate: number): string {
  return Number.isFinite(rate) ? two.format(rate * 1e6) : UNKNOWN;
}

export function ratio(value: number): string {
  return Number.isFinite(value) ? two.format(value) : UNKNOWN;
}

export function bytes(value: number): string {
  if (!Number.isFinite(value)) return UNKNOWN;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let rest = value;
  for (; rest >= 1024 && unit < units.length - 1; unit++) rest /= 1024;
  return `${short.format(rest)} ${units[unit]}`;
}

/** `0 lost (< 0.025 %)`: no count of losses stands without what it can't exclude. */
export function losses(loads: readonly Pick<LoadMetrics, "intended" | "lost" | "bound95">[]): string {
  const lost = sum(loads.map((load) => load.lost));
  const intended = sum(loads.map((load) => load.intended));
  const only = loads.length === 1 ? loads[0] : undefined;
  // Three over N: the 95 % bound of a rate of which none of N trials showed anything.
  const bound = only ? only.bound95 : lost === 0 && intended > 0 ? Math.min(1, 3 / intended) : Number.NaN;
  const rate = lost > 0 ? percent(lost / intended) : "";
  const limit = Number.isFinite(bound) ? `< ${percent(bound)}` : "";
  const inside = [rate, limit].filter((part) => part !== "").join(", ");
  return `${number(lost)} lost${inside === "" ? "" : ` (${inside})`}`;
}

/** One line on a scenario: `12,034 requests, 0 lost (< 0.025 %), 5 reloads, longest gap 18 ms`. */
export function keyFigures({ metrics, replays }: ScenarioRecord): string {
  const intended = sum(metrics.loads.map((load) => load.intended));
  const parts: string[] = [];
  if (intended > 0) parts.push(`${number(intended)} requests`, losses(metrics.loads));
  if (metrics.reloads.length > 0) parts.push(plural(metrics.reloads.length, "reload"));
  if (metrics.reloads.length > 0 && metrics.longestGapMs > 0) {
    parts.push(`longest gap ${milliseconds(metrics.longestGapMs)}`);
  }
  if (metrics.log.records > 0) parts.push(`${number(metrics.log.records)} log records`);
  if (replays > 1) parts.push(`replay ${replays}: the machine was too busy before`);
  return parts.join(", ");
}

export function plural(amount: number, noun: string): string {
  return `${number(amount)} ${noun}${amount === 1 ? "" : "s"}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
