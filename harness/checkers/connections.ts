import type { History } from "../spec/history.ts";
import type { Evidence, Finding } from "../spec/verdict.ts";
import { held, inconclusive, violated } from "./finding.ts";
import { reloads, whyNoReloadSeen } from "./reload-windows.ts";
import { culprits, evidenceOf, summarize } from "./request-evidence.ts";

export const connections = {
  "connections/in-flight-completes": inFlightCompletes,
  "connections/close-announced": closeAnnounced,
};

// An answer in flight when the reload comes is completed to the byte.
function inFlightCompletes(history: History): Finding {
  const spanning = history.held.filter(({ action, enteredMs, releasedMs }) => {
    const reload = reloads(history).find(({ index }) => index === action);
    return reload && enteredMs <= reload.startedMs && releasedMs >= reload.startedMs;
  });
  if (spanning.length === 0) return inconclusive("no request was in flight while a reload was asked for");
  const cut = spanning.filter(({ row }) => row.outcome !== "ok");
  const reason = whyNoReloadSeen(history, history.loads);
  if (cut.length === 0 && reason) return inconclusive(reason);
  const idle = reloads(history).find(({ index }) => !spanning.some(({ action }) => action === index));
  const [outside] = history.held.filter((request) => !spanning.includes(request));
  // What was cut is cut; but a pass must not rest on the requests that happened to get as far as they should.
  if (cut.length === 0 && outside) {
    const number = history.held.length - spanning.length;
    return inconclusive(
      `${number} of ${history.held.length} held requests were not in flight at their reload: ${outside.row.id} ended as ${outside.row.outcome}`,
    );
  }
  if (cut.length === 0 && idle) return inconclusive(`no request was in flight at reload ${idle.index}`);
  if (cut.length === 0)
    return held(spanning.length, `all of ${spanning.length} requests held across a reload completed`);
  return violated({
    trials: spanning.length,
    violations: cut.length,
    expected: "the complete answer of the worker that had begun with it",
    observed: `${cut.length} of ${spanning.length} requests in flight did not complete`,
    evidence: cut.map(({ row, door, action, enteredMs }): Evidence => ({
      kind: "request",
      atMs: row.intendedMs,
      text: `${row.id} (${door}): ${row.outcome}; the application entered it at ${enteredMs.toFixed(1)} ms, reload ${action} came after that, it ended at ${row.doneMs.toFixed(1)} ms`,
    })),
  });
}

// A kept-alive connection in use is closed only after an answer that says `Connection: close`.
function closeAnnounced(history: History): Finding {
  const loads = history.loads.filter((load) => load.connections === "kept-alive" && load.mode === "open-loop");
  const reason = whyNoReloadSeen(history, loads);
  if (reason) return inconclusive(reason);
  let trials = 0;
  let idle = 0;
  let announced = 0;
  for (const load of loads) {
    for (const row of load.ledger.rows()) if (row.reused) trials++;
    idle += load.closes.idle;
    announced += load.closes.announced;
  }
  if (trials === 0) return inconclusive("no connection carried a second request");
  const cut = culprits(
    loads,
    ({ outcome }) => outcome === "reset-before-answer-reused" || outcome === "closed-before-answer-reused",
  );
  if (cut.length + idle === 0) {
    return held(
      trials,
      `${trials} requests on reused connections; ${announced} closes, each announced by the answer before`,
    );
  }
  const counts = [cut.length > 0 ? summarize(cut) : "", idle > 0 ? `${idle} closed between two requests` : ""];
  return violated({
    trials,
    violations: cut.length + idle,
    expected: "`Connection: close` on the last answer of every connection that the server ends",
    observed: `${counts.filter(Boolean).join(", ")}, none of them announced (${announced} were)`,
    evidence: evidenceOf(history, cut),
  });
}
