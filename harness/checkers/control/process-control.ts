import type { History } from "../../spec/history.ts";
import type { ProcessLook } from "../../spec/control-observation.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { changesBetween, describeCall, fault, missingFrom } from "./control-evidence.ts";
import { decide, type Fault, inconclusive } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { whyNoReloadSeen } from "../reload-windows.ts";

export const processControl = {
  "control/pidfile-always-valid": pidFileAlwaysValid,
  "control/second-start-harmless": secondStartHarmless,
  "control/stop-takes-all": stopTakesAll,
};

// The pid file names a live process of the server at any moment, through reloads too, and a stale one neither blocks a start
// nor gets its process signalled.
function pidFileAlwaysValid(history: History): Finding {
  const polls = observationsOf(history, "poll", "pid-file");
  const starts = observationsOf(history, "start", "over-stale-pid-file");
  const faults: Fault[] = [
    ...polls.flatMap(({ misses, missCount }) =>
      misses.map(({ atMs, text }, index) => ({
        // The first few are told; the rest is counted with the last of them.
        count: index === misses.length - 1 ? missCount - index : 1,
        evidence: { kind: "file" as const, atMs, text: `the pid file, ${reloadsSoFar(history, atMs)}: ${text}` },
      })),
    ),
    ...starts.flatMap((start) => {
      const at = { kind: "process", atMs: start.startedMs } as const;
      const { pid, ended } = start.bystander;
      const texts = [
        ...(start.reason === ""
          ? []
          : [
              `with ${pid}, a process of somebody else's, in its pid file it did not start: ${start.reason}; it said: ${start.output.trim()}`,
            ]),
        ...(start.reason === "" && !start.namesTarget
          ? [`after a start over a stale pid file that held "${start.pidFile.trim()}", no process of its own`]
          : []),
        ...(ended === undefined
          ? []
          : [`process ${pid}, which the stale pid file named, did not survive the start: ${ended}`]),
      ];
      return texts.map((text): Fault => fault({ ...at, text }));
    }),
  ];
  const reason = whyNoReloadSeen(history, history.loads);
  if (faults.length === 0 && reason !== undefined) return inconclusive(reason);
  if (faults.length === 0 && (!polls.some(({ looks }) => looks > 0) || starts.length === 0)) {
    return inconclusive("the pid file was not watched, or the target not started over a stale one");
  }
  const looks = polls.reduce((sum, poll) => sum + poll.looks, 0);
  const missed = polls.reduce((sum, { missCount }) => sum + missCount, 0);
  const started = starts.filter(({ reason }) => reason === "").length;
  return decide({
    trials: looks + starts.length,
    faults,
    expected:
      "a process of the target at every look, and a start that takes a stale file over and leaves its process alone",
    observed: `${missed} of ${looks} looks at the pid file found none of the target's processes in it; ${started} of ${starts.length} starts over a stale one came up`,
  });
}

function reloadsSoFar(history: History, atMs: number): string {
  const last = history.actions.findLast(({ kind, startedMs }) => kind === "reload" && startedMs <= atMs);
  return last ? `${(atMs - last.startedMs).toFixed(1)} ms after reload ${last.index}` : "before any reload";
}

// Starting the server a second time ends with an error, and takes nothing from the first.
function secondStartHarmless(history: History): Finding {
  const [second] = observationsOf(history, "command", "second-start");
  if (!second) return inconclusive("it was not started a second time");
  const rows = history.loads.flatMap((load) => [...load.ledger.rows()]);
  const beside = rows.filter(({ intendedMs, doneMs }) => !(doneMs < second.startedMs) && intendedMs <= second.endedMs);
  const lost = beside.filter(({ outcome }) => outcome !== "ok");
  const [before] = observationsOf(history, "control-call", "pid-of-site");
  const [after] = observationsOf(history, "control-call", "pid-after-second");
  if (before && before.answer !== "accepted")
    return inconclusive(`the first did not answer before: ${describeCall(before)}`);
  if (beside.length === 0) return inconclusive("no request was under way while it was started a second time");
  const { exitCode, startedMs, endedMs } = second;
  const said = (second.stderr + second.stdout).trim();
  const how =
    exitCode === null
      ? `did not end by itself in ${(endedMs - startedMs).toFixed(0)} ms`
      : `ended with exit status ${exitCode}`;
  const at = { kind: "process", atMs: startedMs } as const;
  const faults: Fault[] = [
    ...(exitCode === null || exitCode === 0 ? [fault({ ...at, text: `the second start ${how}` })] : []),
    ...(said === "" ? [fault({ ...at, text: "the second start did not say a word" })] : []),
    ...filesTaken(history).map((text) => fault({ ...at, kind: "file", text })),
    ...(before && after && after.output !== before.output
      ? [fault({ ...at, kind: "action", text: `the first does not answer as before: ${describeCall(after)}` })]
      : []),
    ...changesBetween(history, "before-second", "after-second"),
    ...lost.map((row): Fault =>
      fault({
        kind: "request",
        atMs: row.intendedMs,
        text: `${row.id}: ${row.outcome} ${(row.intendedMs - startedMs).toFixed(1)} ms after the second start`,
      }),
    ),
  ];
  return decide({
    trials: beside.length + 1,
    faults,
    expected: "an exit status other than 0, a message, and a first one that has lost nothing",
    observed: `the second start ${how}, saying "${said.slice(0, 120)}"; ${lost.length} of ${beside.length} requests beside it were lost, ${faults.length} things were not as before`,
  });
}

/** Sockets and pid file that are gone, or that are others than before. */
function filesTaken(history: History): readonly string[] {
  const inodes = (name: string): ReadonlyMap<string, number> =>
    new Map([
      ...observationsOf(history, "endpoint", `${name}-second`)
        .flatMap(({ path }) => path.slice(-1))
        .map(({ path, inode }) => [path, inode] as const),
      ...observationsOf(history, "file", `${name}-second`).map(({ path, facts }) => [path, facts?.inode ?? 0] as const),
    ]);
  const now = inodes("after");
  return [...inodes("before")].flatMap(([path, inode]) => {
    const found = now.get(path) ?? 0;
    if (found === inode) return [];
    return [found === 0 ? `${path} is gone` : `${path} is another file than before`];
  });
}

// Stopping a program takes its whole process group with it, and nothing of any other program.
function stopTakesAll(history: History): Finding {
  const [call] = observationsOf(history, "control-call", "stop");
  const [before] = observationsOf(history, "processes", "before-stop");
  const [after] = observationsOf(history, "processes", "after-stop");
  if (!call || !before || !after) return inconclusive("no program was stopped");
  const program = groupOf(before);
  if (program.length === 0) return inconclusive("the main process of the program was not found");
  if (call.answer !== "accepted") return inconclusive(`the stop could not be asked for: ${describeCall(call)}`);
  const gone = new Set(missingFrom(after, before));
  const left = program.filter((process) => !gone.has(process));
  const taken = [...gone].filter((process) => !program.includes(process) && !isBelow(before, process.pid, program));
  const evidence = ({ pid, ppid, command }: ProcessLook["processes"][number], how: string): Evidence => ({
    kind: "process",
    atMs: after.atMs,
    text: `${how}: ${pid} (child of ${ppid}), ${command}`,
  });
  return decide({
    trials: program.length,
    faults: [
      ...left.map((process) => fault(evidence(process, "still there after the stop"))),
      ...taken.map((process) => fault(evidence(process, "gone, though it was no part of the program"))),
    ],
    expected: "no process of the program's group, and every process of the others",
    observed: `${left.length} of ${program.length} processes of the program were there after the stop, ${taken.length} others were gone`,
  });
}

/** The group that the main process leads; where it leads none, what stands below it in the same group. */
function groupOf(look: ProcessLook): ProcessLook["processes"] {
  const main = look.processes.find(({ pid }) => pid === look.mainPid);
  if (!main) return [];
  const group = look.processes.filter((process) => process.group === main.group);
  return main.group === main.pid
    ? group
    : group.filter((process) => process === main || isBelow(look, process.pid, [main]));
}

/** Whether a process descends from one of `elders`. */
function isBelow({ processes }: ProcessLook, pid: number, elders: ProcessLook["processes"]): boolean {
  const parents = new Map(processes.map(({ pid, ppid }) => [pid, ppid]));
  const seen = new Set<number>();
  for (let at = parents.get(pid); at !== undefined && !seen.has(at); at = parents.get(at)) {
    if (elders.some(({ pid }) => pid === at)) return true;
    seen.add(at);
  }
  return false;
}
