/** All that a process has started, directly or by others, and that has still its parent. */
export function descendantsOf<P extends Kin>(processes: readonly P[], root: number): readonly P[] {
  const family = new Set([root]);
  // Parents may stand behind their children in the table: as often as it grows.
  for (let size = 0; size < family.size;) {
    size = family.size;
    for (const { pid, ppid } of processes) if (family.has(ppid)) family.add(pid);
  }
  return processes.filter(({ pid }) => pid !== root && family.has(pid));
}

interface Kin {
  readonly pid: number;
  readonly ppid: number;
}
