import type { History } from "../../spec/history.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { Finding } from "../../spec/verdict.ts";
import { deadlines } from "./drain-deadlines.ts";
import { decide, type Fault, inconclusive, unlessInDoubt } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { reloads, reloadWindows, touches, whyNotAsked } from "../reload-windows.ts";
import { describeHeld, effectiveReloads, isCutByDrain, spans } from "../served-by.ts";

/* Rules on what is in flight while a server leaves: one checker under each id. */
export const drain = {
  ...deadlines,
  "lifecycle/stop-drains": stopDrains,
  "lifecycle/reload-during-drain": reloadDuringDrain,
  "lifecycle/no-eintr-in-app": noEintrInApp,
  "lifecycle/workers-exit-clean": workersExitClean,
};

// The graceful stop answers what was accepted, then exits with status 0 in time and leaves nothing behind.
function stopDrains(history: History): Finding {
  const { stop, target } = history;
  if (!stop) return inconclusive("the target was not stopped");
  const inFlight = history.held.filter(
    ({ enteredMs, releasedMs }) => enteredMs <= stop.startedMs && releasedMs >= stop.startedMs,
  );
  if (inFlight.length === 0) return inconclusive("no request was in flight when the stop was asked for");
  const lost = inFlight.filter(({ row }) => row.outcome !== "ok");
  const faults: Fault[] = lost.map(({ row, door, by = "gate" }) => ({
    count: 1,
    evidence: { kind: "request", atMs: row.sentMs, text: describeHeld(row, `${by}, ${door}`) },
  }));
  const process = (text: string): void =>
    void faults.push({ count: 1, evidence: { kind: "process", atMs: stop.exitedMs, text } });
  const tookMs = stop.exitedMs - stop.startedMs;
  // Of a main process that a reload has put in the place of the one that we started, nobody but its parent learns the status.
  const isUnseen = stop.signal === null && stop.exitCode === null;
  const how = stop.signal ? `by ${stop.signal}` : isUnseen ? "with a status unseen" : `with status ${stop.exitCode}`;
  if (stop.killed) process(`still there ${tookMs.toFixed(0)} ms after the stop was asked for, and killed then`);
  else if (stop.exitCode !== 0 && !isUnseen) process(`it ended ${how}`);
  const releasedMs = Math.max(...inFlight.map((request) => request.releasedMs), stop.startedMs);
  const withinMs = Math.min(target.settleMs, target.drainMs + LIMITS.giveUpMarginMs);
  if (!stop.killed && stop.exitedMs > releasedMs + withinMs) {
    process(`exited ${(stop.exitedMs - releasedMs).toFixed(0)} ms after the last request had been let go on`);
  }
  for (const { pid, command } of stop.leftOver) process(`pid ${pid} (${command}) was left over`);
  return decide({
    trials: inFlight.length + 1,
    faults,
    expected: `each answered, exit with status 0 within ${withinMs} ms of the last answer, no process left`,
    observed:
      `${inFlight.length - lost.length} of ${inFlight.length} requests in flight at the stop answered; ` +
      `${stop.killed ? "killed" : `exited ${how}`} after ${tookMs.toFixed(0)} ms, ${stop.leftOver.length} processes left over`,
  });
}

// A second reload that comes while the workers of the first still drain is done after it, or refused loudly.
function reloadDuringDrain(history: History): Finding {
  const [first, second] = reloads(history);
  if (!first || !second) return inconclusive("no two reloads were asked for");
  if (first.error !== undefined) return inconclusive(`the first reload could not be asked for: ${first.error}`);
  const unasked = whyNotAsked(second);
  if (unasked !== undefined) return inconclusive(unasked);
  const { refused } = second;
  // Where new workers wait for the old ones to leave, the first serves no sooner than the second: but a second that came to nothing
  // is to be told from two that did.
  const isUnderWay = first.servedMs !== undefined && first.servedMs <= second.startedMs;
  if (!isUnderWay && !refused && second.servedMs === undefined) {
    return inconclusive("the first reload had not come to serve when the second was asked for");
  }
  const { drainMs } = history.target;
  const both = [first, second];
  const draining = history.held.filter(
    (request) =>
      both.every((reload) => spans(request, reload)) && !both.some((reload) => isCutByDrain(request, reload, drainMs)),
  );
  if (draining.length === 0)
    return inconclusive("nothing was in flight on the old workers when the second reload came");
  const lost = draining.filter(({ row, by }) => row.outcome !== "ok" && by !== "upload");
  const faults: Fault[] = lost.map(({ row, door, by = "gate" }) => ({
    count: 1,
    evidence: { kind: "request", atMs: row.sentMs, text: describeHeld(row, `${by}, ${door}`) },
  }));
  if (!refused && second.servedMs === undefined) {
    const text = `reload ${second.index} was taken without an error, but generation ${second.generation} did not serve alone by ${second.settleDeadlineMs.toFixed(0)} ms`;
    faults.push({ count: 1, evidence: { kind: "action", atMs: second.startedMs, text } });
  }
  const outcome = refused
    ? `refused (${second.error})`
    : second.servedMs === undefined
      ? `without effect, and nobody said so`
      : `served ${(second.servedMs - second.startedMs).toFixed(0)} ms after its signal`;
  return decide({
    trials: draining.length + 1,
    faults,
    expected: "the last release serves, or the reload has an error; what was in flight completes",
    observed: `second reload ${outcome}; ${lost.length} of ${draining.length} requests in flight across both were lost`,
  });
}

// A reload never surfaces inside the application as an interrupted call: what sleeps or reads there does not fail.
function noEintrInApp(history: History): Finding {
  const done = effectiveReloads(history);
  if (done.length === 0) return inconclusive("no reload took effect");
  const inside = history.held.filter((request) => done.some((reload) => spans(request, reload)));
  if (inside.length === 0) return inconclusive("no request was inside the application when a reload came");
  const failed = inside
    .filter(({ row }) => row.status >= 500)
    .map(({ row, door, by = "gate" }) => ({ row, what: `${by}, ${door}` }));
  const windows = reloadWindows(history).filter(({ action }) => action.error === undefined);
  let around = 0;
  for (const load of history.loads) {
    for (const row of load.ledger.rows()) {
      if (!touches(row, windows)) continue;
      around++;
      if (row.status >= 500) failed.push({ row, what: load.name });
    }
  }
  const faults = failed
    .filter(({ row }) => row.worker > 0)
    .map(({ row, what }): Fault => {
      return { count: 1, evidence: { kind: "request", atMs: row.sentMs, text: describeHeld(row, what) } };
    });
  // A server says 503 itself while it leaves, and 500 both for an application that failed and for one that it has ended.
  const unnamed = failed.filter(({ row }) => row.worker === 0 && row.status === 500).length;
  const kinds = Map.groupBy(inside, ({ by = "gate" }) => by);
  const list = [...kinds].map(([kind, requests]) => `${requests.length} by ${kind}`).join(", ");
  const finding = decide({
    trials: inside.length + around,
    faults,
    expected: "no answer of the application that reports a failure",
    observed: `${faults.length} of ${inside.length} requests inside the application (${list}) and ${around} others in the reload windows ended in a failure of the application`,
  });
  const doubt = `${unnamed} answers with status 500 do not tell whether the application failed or was ended: they name no worker`;
  return unlessInDoubt(unnamed > 0 ? doubt : undefined, finding);
}

// Workers that were drained end by themselves, with status 0.
function workersExitClean(history: History): Finding {
  if (effectiveReloads(history).length === 0) return inconclusive("no reload took effect");
  const exits = observationsOf(history, "exit", "drained");
  if (exits.length === 0) {
    return inconclusive("no worker was caught as a zombie: its status went to a parent that could not be stopped");
  }
  const faults = exits.flatMap(({ pid, code, signal, atMs }): readonly Fault[] => {
    if (code === 0) return [];
    const text = `pid ${pid} ended ${signal === null ? `with status ${code}` : `by ${signal}`} after its last request`;
    return [{ count: 1, evidence: { kind: "process", atMs, text } }];
  });
  return decide({
    trials: exits.length,
    faults,
    expected: "status 0",
    observed: `${exits.length - faults.length} of ${exits.length} drained workers ended with status 0`,
  });
}
