/** What `GET /programs` says of one program. */
export interface ProgramFacts {
  readonly name: string;
  readonly kind: string;
  readonly state: string;
  readonly pid: number | null;
  readonly startedAt: string | null;
  readonly restarts: number;
}

/** One line per program, in columns. */
export function formatStatus(programs: readonly ProgramFacts[]): string {
  const rows = [
    ["PROGRAM", "KIND", "STATE", "PID", "RESTARTS", "SINCE"],
    ...programs.map(({ name, kind, state, pid, restarts, startedAt }) => [
      name,
      kind,
      state,
      String(pid ?? "-"),
      String(restarts),
      startedAt ?? "-",
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
