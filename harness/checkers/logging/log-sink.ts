import type { History } from "../../spec/history.ts";
import type { CpuLook } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import { decide, inconclusive, type Fault } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { describeRow, requestFault, rowsWithin, spanOf } from "./sink-spans.ts";
import { stalledSink } from "./stalled-sink.ts";

/** Processes with nothing to do that use more of one core than this are spinning. */
const SPIN_SHARE = 0.3;
/** What is sent once the new reader is there. */
const RESTORED = /^(?:burst-)?restored/;

// Losing the reader of the log neither kills nor spins the server, and a new reader gets what is written from then on.
function lostReader(history: History): Finding {
  const lost = spanOf(history, "lose", "restore");
  if (typeof lost === "string") return inconclusive(lost);
  const rows = rowsWithin(history, lost);
  const after = history.loads.filter(({ name, startedMs }) => startedMs >= lost.toMs && RESTORED.test(name));
  const rowsAfter = after.flatMap(({ ledger }) => [...ledger.rows()]);
  const unanswered = [...rows, ...rowsAfter].filter(({ outcome }) => outcome !== "ok" && outcome !== "unsent");
  const dead = endedSince(history, lost.fromMs);
  const [cpu] = observationsOf(history, "cpu", "reader-lost");
  const share = cpu ? cpu.cpuSeconds / ((cpu.endedMs - cpu.startedMs) / 1_000) : 0;
  const snapshot = history.logs.findLast(({ atMs }) => atMs >= lost.toMs);
  const answeredAfter = rowsAfter.filter(({ outcome }) => outcome === "ok");
  const unlogged = answeredAfter.filter(({ id }) => {
    const { received = 0, answered = 0 } = snapshot?.requests.get(id) ?? {};
    return received === 0 || answered === 0;
  });
  const faults: Fault[] = [
    ...dead,
    ...(cpu && share > SPIN_SHARE ? [spinFault(cpu.busiest, share, cpu.startedMs)] : []),
    ...unanswered.map((row) => requestFault(row, `${describeRow(row)} with the reader of the log lost`)),
    ...(snapshot ? unlogged : []).map((row) =>
      requestFault(row, "answered, but the new reader got none or one of its records"),
    ),
  ];
  if (faults.length === 0) {
    if (rows.length === 0) return inconclusive("no request was under way while the log had no reader");
    if (!cpu) return inconclusive("the processes were not watched while the log had no reader");
    const starved = whyStarved(cpu);
    if (starved !== undefined) return inconclusive(starved);
    if (!snapshot || answeredAfter.length === 0)
      return inconclusive("nothing was answered and logged after the new reader came");
  }
  return decide({
    trials: rows.length + rowsAfter.length,
    faults,
    expected: `all processes alive and at rest, every request answered, and both records of each that is sent to a new reader`,
    observed:
      `${dead.length} processes ended; ${(100 * share).toFixed(0)} % of a core used with nothing to do; ` +
      `${unanswered.length} of ${rows.length + rowsAfter.length} requests not answered; ` +
      `${unlogged.length} of ${answeredAfter.length} answers without their records after the new reader came`,
  });
}

/** Processes that were there at `fromMs` and are not any more at the end of the history. */
function endedSince({ processes: { samples } }: History, fromMs: number): Fault[] {
  const before = samples.findLast(({ atMs }) => atMs <= fromMs)?.processes ?? [];
  const last = samples.at(-1)?.processes ?? [];
  const gone = before.filter(
    ({ pid, startTicks, state }) =>
      state !== "Z" && !last.some((one) => one.pid === pid && one.startTicks === startTicks && one.state !== "Z"),
  );
  return gone.map(({ pid, command }) => {
    const atMs = samples.find(
      (sample) => sample.atMs > fromMs && !sample.processes.some((one) => one.pid === pid),
    )?.atMs;
    const text = `process ${pid} (${command}) ended after the reader of the log was lost`;
    return { count: 1, evidence: { kind: "process", text, ...(atMs !== undefined && { atMs }) } };
  });
}

/** In words, if the busiest process did little only because it had to wait for a core. */
function whyStarved({ startedMs, endedMs, busiest }: CpuLook): string | undefined {
  const { cpuSeconds = 0, queuedSeconds = 0 } = busiest ?? {};
  const seconds = (endedMs - startedMs) / 1_000;
  if (cpuSeconds / Math.max(seconds - queuedSeconds, cpuSeconds) <= SPIN_SHARE) return undefined;
  const percent = (part: number): string => `${((100 * part) / seconds).toFixed(0)} %`;
  return (
    `with nothing to do process ${busiest?.pid} (${busiest?.command}) used ${percent(cpuSeconds)} of a core ` +
    `and waited for one ${percent(queuedSeconds)} of the time: the machine was too busy to tell whether it spins`
  );
}

function spinFault(
  busiest: { readonly pid: number; readonly command: string; readonly cpuSeconds: number } | undefined,
  share: number,
  atMs: number,
): Fault {
  const who = busiest
    ? `, ${busiest.cpuSeconds.toFixed(2)} s of it by process ${busiest.pid} (${busiest.command})`
    : "";
  const text = `${(100 * share).toFixed(0)} % of a core used while nothing was asked of the target${who}`;
  return { count: 1, evidence: { kind: "process", atMs, text } };
}

export const logSink = {
  "logging/stalled-sink": stalledSink,
  "logging/lost-reader": lostReader,
} as const;
