import type { History, ProcessFacts, ProcessSample } from "../../spec/history.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { held, inconclusive, violated } from "../finding.ts";
import { generationsCapped } from "./generations.ts";
import { observationsOf } from "../observations.ts";
import { reloads, whyNoReloadSeen } from "../reload-windows.ts";

export const resources = {
  "resources/no-zombies": noZombies,
  "resources/generations-capped": generationsCapped,
  "resources/listener-not-inherited": listenerNotInherited,
};

// After the reloads have settled the number of processes is back at its base and none is a zombie.
function noZombies(history: History): Finding {
  const done = reloads(history).filter(({ refused }) => !refused);
  // One that is refused leaves nothing behind; of nothing but these nothing is seen.
  const reason = whyNoReloadSeen(done.length > 0 ? { ...history, actions: done } : history, history.loads);
  if (reason) return inconclusive(reason);
  const { samples } = history.processes;
  const base = samples.findLast(({ atMs }) => atMs <= (done[0]?.startedMs ?? 0));
  const last = samples.at(-1);
  // Once the last one has settled, whatever earlier ones had left behind is gone too.
  const settled = done.at(-1)?.settledMs ?? Math.max(...done.map(({ settleDeadlineMs }) => settleDeadlineMs));
  if (!base || !last || last.atMs < settled)
    return inconclusive("the process table was not read before and after the reloads");
  const zombies = last.processes.filter(({ state }) => state === "Z");
  // A zombie of before, such as a helper of the application, is no place that another may take.
  const baseCount = base.processes.filter(({ state }) => state !== "Z").length;
  const surplus = last.processes.length - baseCount;
  const text = `${baseCount} processes before, ${last.processes.length} after ${done.length} reloads, ${zombies.length} of them zombies`;
  if (zombies.length === 0 && surplus <= 0) return held(done.length, text);
  return violated({
    trials: done.length,
    violations: Math.max(zombies.length, surplus),
    expected: `at most ${baseCount} processes, none a zombie`,
    observed: text,
    evidence: [...zombies, ...newcomers(base, last)].map((process) => describe(process, last)),
  });
}

function newcomers(base: ProcessSample, last: ProcessSample): readonly ProcessFacts[] {
  const known = new Set(base.processes.map(({ pid, startTicks }) => `${pid}/${startTicks}`));
  return last.processes.filter(({ pid, startTicks, state }) => state !== "Z" && !known.has(`${pid}/${startTicks}`));
}

function describe({ pid, ppid, state, command }: ProcessFacts, { atMs }: ProcessSample): Evidence {
  return { kind: "process", atMs, text: `pid ${pid}, parent ${ppid}, state ${state}: ${command}` };
}

// A program that the application starts does not get the listener.
function listenerNotInherited(history: History): Finding {
  const looks = observationsOf(history, "listeners", "child").filter(({ descriptors }) => descriptors > 0);
  // Of one that is about to end none are left, whatever it had inherited.
  if (looks.length === 0) return inconclusive("no program that the application had started was found");
  const heirs = looks.filter(({ listeners }) => listeners.length > 0);
  const text = `${heirs.length} of ${looks.length} programs started by the application hold a listening socket`;
  if (heirs.length === 0) return held(looks.length, text);
  return violated({
    trials: looks.length,
    violations: heirs.length,
    expected: "no listening socket among the descriptors of a program that the application starts",
    observed: `${text}: ${[...new Set(heirs.flatMap(({ listeners }) => listeners))].join(", ")}`,
    evidence: heirs.map(({ atMs, pid, command, descriptors, listeners }) => ({
      kind: "process",
      atMs,
      text: `pid ${pid} (${command}), ${descriptors} descriptors: ${listeners.join(", ")}`,
    })),
  });
}
