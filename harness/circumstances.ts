import type { History, ProcessFacts, ProcessSample } from "./spec/history.ts";
import { CUT, type Evidence } from "./spec/verdict.ts";

const COMMAND_CHARACTERS = 90;

/**
 * What every violation is shown with: which processes there were before the first thing that was done to the target, and
 * which there were when all of it should have been over.
 */
export function circumstancesOf({ actions, observations, processes, stop }: History): readonly Evidence[] {
  const doneMs = [
    ...actions.map(({ startedMs }) => startedMs),
    ...observations.flatMap((one) => (one.kind === "signal" ? [one.atMs] : [])),
    ...(stop ? [stop.startedMs] : []),
  ];
  if (doneMs.length === 0) return [];
  const firstMs = Math.min(...doneMs);
  const overMs = Math.max(
    ...doneMs,
    ...actions.map(({ settledMs, settleDeadlineMs }) => settledMs ?? settleDeadlineMs),
  );
  const { samples } = processes;
  const before = samples.findLast(({ atMs }) => atMs <= firstMs);
  const after = samples.find(({ atMs }) => atMs >= overMs) ?? samples.at(-1);
  return [
    ...(before ? [tableOf("before", before, firstMs)] : []),
    ...(after && after !== before ? [tableOf("after", after, firstMs)] : []),
  ];
}

function tableOf(when: "before" | "after", { atMs, processes }: ProcessSample, firstMs: number): Evidence {
  const offset = atMs - firstMs;
  const rows = processes.map(describe).join("; ");
  const text = `processes ${when} (${offset >= 0 ? "+" : ""}${offset.toFixed(0)} ms to the first signal): ${rows || "none"}`;
  return { kind: "process", atMs, text };
}

function describe({ pid, ppid, state, command }: ProcessFacts): string {
  const isCut = command.length > COMMAND_CHARACTERS;
  return `${pid} (parent ${ppid}, ${state}) ${command.slice(0, COMMAND_CHARACTERS)}${isCut ? CUT : ""}`;
}
