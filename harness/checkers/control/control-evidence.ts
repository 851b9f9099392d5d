import type { History } from "../../spec/history.ts";
import type { ControlCallSeen, ProcessLook } from "../../spec/control-observation.ts";
import type { Evidence } from "../../spec/verdict.ts";
import type { Fault } from "../finding.ts";
import { observationsOf } from "../observations.ts";

/** Processes that came or went between two looks. */
export function changesBetween(history: History, before: string, after: string): readonly Fault[] {
  const [first] = observationsOf(history, "processes", before);
  const [last] = observationsOf(history, "processes", after);
  if (!first || !last) return [];
  return [
    ...missingFrom(last, first).map(({ pid, command }) =>
      fault({ kind: "process", atMs: last.atMs, text: `process ${pid} (${command}) is gone` }),
    ),
    ...missingFrom(first, last).map(({ pid, command }) =>
      fault({ kind: "process", atMs: last.atMs, text: `process ${pid} (${command}) was not there before` }),
    ),
  ];
}

/** Processes of `wanted` that `look` does not have; a number that was given anew is another process. */
export function missingFrom(look: ProcessLook, wanted: ProcessLook): ProcessLook["processes"] {
  const there = new Set(look.processes.map(({ pid, startTicks }) => `${pid}/${startTicks}`));
  return wanted.processes.filter(({ pid, startTicks }) => !there.has(`${pid}/${startTicks}`));
}

export function callFault(one: ControlCallSeen): Fault {
  return fault({ kind: "action", atMs: one.startedMs, text: describeCall(one) });
}

export function describeCall({ call, outcome, output, complaint }: ControlCallSeen): string {
  const said = (output + complaint).trim().slice(0, 120);
  return `${call}: ${outcome}${said === "" ? ", without a word" : `, "${said}"`}`;
}

export function fault(evidence: Evidence): Fault {
  return { count: 1, evidence };
}
