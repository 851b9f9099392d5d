import type { ControlCallSeen, EndpointLook, ProcessLook } from "../../spec/control-observation.ts";
import type { Observation } from "../../spec/observation.ts";
import { history, type HistoryParts } from "../testing/history-fixture.ts";

/* What a scenario of the control interface sees of a sound server, for the tests of the checkers. */

export function controlHistory(observations: readonly Observation[], parts: HistoryParts = {}) {
  return history({ observations, ...parts });
}

export function call(name: string, facts: Partial<ControlCallSeen> = {}): ControlCallSeen {
  const accepted = facts.answer === undefined || facts.answer === "accepted";
  return {
    kind: "control-call",
    name,
    call: `ctl ${name}`,
    startedMs: 100,
    endedMs: 200,
    answer: "accepted",
    outcome: accepted ? "exit status 0" : "exit status 1",
    output: "",
    complaint: accepted ? "" : "no such thing",
    ...facts,
  };
}

export const refused = (name: string, facts: Partial<ControlCallSeen> = {}): ControlCallSeen =>
  call(name, { answer: "refused", ...facts });

/** A socket of mode 0600 in a folder of mode 0700, refused to others. */
export function endpoint(
  name: string,
  facts: Partial<EndpointLook> = {},
  modes: readonly [number, number] = [0o700, 0o600],
): EndpointLook {
  return {
    kind: "endpoint",
    name,
    endpoint: "/run/x/control.sock",
    atMs: 10,
    path: [
      { path: "/run/x", type: "folder", mode: modes[0], uid: 0, inode: 1 },
      { path: "/run/x/control.sock", type: "socket", mode: modes[1], uid: 0, inode: 2 },
    ],
    stranger: { connected: false, text: "EACCES" },
    ...facts,
  };
}

type Process = ProcessLook["processes"][number];

export function processOf(pid: number, facts: Partial<Process> = {}): Process {
  return { pid, ppid: 1, group: pid, startTicks: pid, command: `process ${pid}`, ...facts };
}

/** The supervisor 10, a program of master 20, worker 21 and its child 22, and another program 30. */
export const PROCESSES: readonly Process[] = [
  processOf(10),
  processOf(20, { ppid: 10 }),
  processOf(21, { ppid: 20, group: 20 }),
  processOf(22, { ppid: 21, group: 20 }),
  processOf(30, { ppid: 10 }),
];

export function look(name: string, processes = PROCESSES, mainPid = 20): ProcessLook {
  return { kind: "processes", name, atMs: 300, mainPid, processes };
}
