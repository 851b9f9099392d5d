import type { History } from "../../spec/history.ts";
import type { ProcessLook } from "../../spec/control-observation.ts";
import type { Episode } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import {
  actionsIn,
  describeLosses,
  describeProcess,
  episodesOf,
  lossesIn,
  processesBeyond,
  requestsIn,
} from "../episodes.ts";
import { decide, type Fault, inconclusive } from "../finding.ts";
import { observationsOf } from "../observations.ts";

// The main process itself can be replaced without losing a request, and a successor that does not come up leaves the old one in charge.
export function upgradeInPlace(history: History): Finding {
  const [rollback] = episodesOf(history, "rollback");
  const [upgrade] = episodesOf(history, "upgrade");
  const [before] = observationsOf(history, "processes", "before-upgrade");
  const [rolledBack] = observationsOf(history, "processes", "after-rollback");
  const [after] = observationsOf(history, "processes", "after-upgrade");
  if (!rollback || !upgrade || !before || !rolledBack || !after) return inconclusive("no upgrade took place");
  const episodes = [rollback, upgrade];
  const losses = lossesIn(history, episodes);
  const doubt = whyUndecided(history, upgrade);
  if (doubt && losses.length === 0) return inconclusive(doubt);
  const faults: Fault[] = [...losses, ...mainFaults(before, rolledBack), ...surplusFaults(before, rolledBack)];
  if (rolledBack.mainPid !== before.mainPid) {
    const text = `main process ${rolledBack.mainPid || "none"} after a successor that could not load its release, ${before.mainPid} before`;
    faults.push({ count: 1, evidence: { kind: "process", atMs: rolledBack.atMs, text } });
  }
  const [reload] = actionsIn(history, upgrade, "reload");
  if (reload && reload.servedMs === undefined) {
    const text = `generation ${reload.generation} did not come to serve alone`;
    faults.push({ count: 1, evidence: { kind: "action", atMs: reload.startedMs, text } });
  }
  faults.push(...mainFaults(before, after), ...surplusFaults(before, after));
  return decide({
    trials: requestsIn(history, episodes) + 2,
    faults,
    expected: `no request lost, one main process at a time to signal, and no more than the ${before.processes.length} processes of before`,
    observed: `main process ${before.mainPid}, then ${rolledBack.mainPid || "none"} after a successor that failed and ${after.mainPid || "none"} after one that did not; processes ${[before, rolledBack, after].map(({ processes }) => processes.length).join(", ")}; ${describeLosses(history, episodes)}`,
  });
}

function whyUndecided(history: History, upgrade: Episode): string | undefined {
  const [asked] = actionsIn(history, upgrade, "upgrade");
  if (!asked) return "no upgrade was asked for";
  if (asked.error !== undefined) return `the upgrade could not be asked for: ${asked.error}`;
  return requestsIn(history, [upgrade]) === 0 ? "no request on a fresh connection was under way meanwhile" : undefined;
}

/** One that replaces its program and keeps its pid is as good as one that leaves to a successor. */
function mainFaults(before: ProcessLook, later: ProcessLook): readonly Fault[] {
  if (later.mainPid === before.mainPid) return [];
  const old = later.processes.find(({ pid }) => pid === before.mainPid);
  return old ? [{ count: 1, evidence: describeProcess(old, later.atMs, "the old main process is still there") }] : [];
}

function surplusFaults(before: ProcessLook, later: ProcessLook): readonly Fault[] {
  const surplus = later.processes.length - before.processes.length;
  return processesBeyond(later, before)
    .slice(0, Math.max(0, surplus))
    .map((process) => ({ count: 1, evidence: describeProcess(process, later.atMs, "one too many") }));
}
