import type { History } from "../../spec/history.ts";
import type { BootSeen } from "../../spec/observation.ts";
import { descendantsOf } from "../../spec/process-family.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { describeProcess, processesBeyond } from "../episodes.ts";
import { decide, type Fault, inconclusive } from "../finding.ts";
import { observationsOf } from "../observations.ts";

/** Rules on the main process: its boot, and its sudden end. */
export const mainProcess = {
  "lifecycle/hup-during-boot": hupDuringBoot,
  "lifecycle/no-orphans": noOrphans,
};

/** So unlikely has it to be that instances asked to reload failed more often than those left alone by chance only. */
const SIGNIFICANT = 0.05;

// A reload that is asked for while the server boots neither kills nor hangs it.
function hupDuringBoot(history: History): Finding {
  const boots = observationsOf(history, "boot", "asked-while-booting");
  // Whoever was ready by then was not booting any more; one that never got ready was.
  const tried = boots.filter(({ askedMs, readyMs }) => !Number.isNaN(askedMs) && !(readyMs < askedMs));
  if (tried.length === 0) {
    const [first] = boots;
    return inconclusive(
      first
        ? `none of ${boots.length} instances could be asked to reload before it was ready${first.error === undefined ? "" : `: ${first.error}`}`
        : "no other instance was booted",
    );
  }
  const faults = tried.flatMap(bootFaults);
  // What a target can't do side by side on this machine, or never does, is no matter of the signal.
  const leftAlone = observationsOf(history, "boot", "left-alone");
  const alike = leftAlone.flatMap(bootFaults);
  // Where none was left alone, there is nothing to compare with; where some of these failed as well, chance has to be ruled out.
  const mayBeChance =
    leftAlone.length === 0 ||
    (alike.length > 0 && chanceOf(faults.length, tried.length, alike.length, leftAlone.length) >= SIGNIFICANT);
  if (faults.length > 0 && mayBeChance) {
    return inconclusive(
      alike[0]
        ? `${alike.length} of ${leftAlone.length} instances that were left alone came to the same: ${alike[0].evidence.text}`
        : `no instance was left alone, to compare with: ${faults[0]?.evidence.text}`,
    );
  }
  const moments = tried.map(({ startedMs, askedMs }) => (askedMs - startedMs).toFixed(0)).join(", ");
  const count = (isSo: (boot: BootSeen) => boolean): number => tried.filter(isSo).length;
  const counts = [
    [count((boot) => Number.isNaN(boot.readyMs)), "never got ready"],
    [count((boot) => isKilled(boot)), "lost their main process"],
    [count(({ readyMs, reloadedMs }) => !Number.isNaN(readyMs) && Number.isNaN(reloadedMs)), "take no reload any more"],
  ] as const;
  const bad = counts.flatMap(([number, what]) => (number > 0 ? [`${number} ${what}`] : []));
  const compared = alike.length > 0 ? `; ${alike.length} of ${leftAlone.length} that were left alone failed` : "";
  return decide({
    trials: tried.length,
    faults,
    expected: "it gets ready, with the same main process, and takes the next reload",
    observed: `${tried.length} instances asked to reload ${moments} ms after their start: ${bad.length > 0 ? bad.join(", ") : "all got ready and took the next reload"}${compared}`,
  });
}

/**
 * With what probability at least `failed` of `tried` fail if they are no likelier to than the others, of which `alike` of `alone` did:
 * Fisher's exact test, one-sided.
 */
function chanceOf(failed: number, tried: number, alike: number, alone: number): number {
  const all = failed + alike;
  let chance = 0;
  for (let count = failed; count <= Math.min(tried, all); count++) {
    chance += (choose(tried, count) * choose(alone, all - count)) / choose(tried + alone, all);
  }
  return chance;
}

function choose(from: number, count: number): number {
  let ways = count > from ? 0 : 1;
  for (let index = 1; index <= count; index++) ways *= (from - count + index) / index;
  return ways;
}

/** Some servers put another main process in the place of the one that was asked: a reload like any other of theirs. */
function isKilled({ readyMs, mainPid, mainPidAfter, replacesMain = false }: BootSeen): boolean {
  return !Number.isNaN(readyMs) && mainPidAfter !== mainPid && !(replacesMain && mainPidAfter !== 0);
}

function bootFaults(boot: BootSeen): readonly Fault[] {
  const { startedMs, askedMs, readyMs, reloadedMs, mainPid, mainPidAfter, error = "", output = "" } = boot;
  const how = Number.isNaN(readyMs)
    ? `did not get ready: ${error}`
    : isKilled(boot)
      ? `its main process ${mainPid} is gone, ${mainPidAfter === 0 ? "none" : mainPidAfter} in its place`
      : Number.isNaN(reloadedMs)
        ? "got ready, but did not take up the next release"
        : undefined;
  if (how === undefined) return [];
  const said = output.trim() === "" ? "" : `; it said last: ${output.trim().split("\n").slice(-3).join(" | ")}`;
  const isAsked = !Number.isNaN(askedMs);
  const asked = isAsked ? `asked to reload ${(askedMs - startedMs).toFixed(0)} ms after its start` : "left alone";
  const evidence: Evidence = {
    kind: "process",
    atMs: isAsked ? askedMs : startedMs,
    text: `${asked}, pid ${mainPid}: ${how}${said}`,
  };
  return [{ count: 1, evidence }];
}

// When the main process is killed, none of its workers is left after the settle time, and the next start can bind.
function noOrphans(history: History): Finding {
  const [killed] = observationsOf(history, "signal", "main");
  const [before] = observationsOf(history, "processes", "before-kill");
  const [after] = observationsOf(history, "processes", "after-kill");
  const [again] = observationsOf(history, "boot", "restart");
  if (!killed?.delivered || !before || !after || !again) return inconclusive("the main process was not killed");
  const workers = descendantsOf(before.processes, before.mainPid);
  const others = processesBeyond(after, { ...before, processes: workers });
  const left = after.processes.filter((process) => !others.includes(process));
  const waitedMs = after.atMs - killed.atMs;
  const faults: Fault[] = left.map((process) => ({
    count: 1,
    evidence: describeProcess(process, after.atMs, `alive ${waitedMs.toFixed(0)} ms after its main process was killed`),
  }));
  if (again.error !== undefined) {
    const said = (again.output ?? "").trim().split("\n").slice(-3).join(" | ");
    faults.push({
      count: 1,
      evidence: {
        kind: "process",
        atMs: again.startedMs,
        text: `the next start: ${again.error}; it said last: ${said}`,
      },
    });
  }
  const start =
    again.error === undefined ? `served after ${(again.readyMs - again.startedMs).toFixed(0)} ms` : "failed";
  return decide({
    trials: workers.length + 1,
    faults,
    expected: `no worker alive ${history.target.settleMs} ms after its main process was killed, and a next start that serves`,
    observed: `${left.length} of ${workers.length} workers left ${waitedMs.toFixed(0)} ms after their main process ${killed.pid} was killed; the next start ${start}`,
  });
}
