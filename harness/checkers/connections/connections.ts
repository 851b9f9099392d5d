import { carried } from "./carried-requests.ts";
import { deadlineConnections } from "./deadline-connections.ts";
import type { History, LedgerRow } from "../../spec/history.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { held, inconclusive, unsupported, violated } from "../finding.ts";
import { idleClients } from "./idle-clients.ts";
import { observationsOf } from "../observations.ts";
import { isStruck, reloads, whyNoReloadSeen } from "../reload-windows.ts";
import { culprits, evidenceOf, summarize } from "../request-evidence.ts";
import { isCutByDrain, spans } from "../served-by.ts";

export const connections = {
  "connections/in-flight-completes": inFlightCompletes,
  "connections/close-announced": closeAnnounced,
  "connections/drainers-accept-nothing": drainersAcceptNothing,
  ...carried,
  ...idleClients,
  ...deadlineConnections,
};
// An answer in flight when the reload comes is completed to the byte.
function inFlightCompletes(history: History): Finding {
  // An upload has no answer yet; it is another rule's.
  const inFlight = history.held.filter(({ by }) => by !== "upload");
  const spanning = inFlight.filter((request) => reloads(history).some((reload) => spans(request, reload)));
  if (spanning.length === 0) return inconclusive("no request was in flight while a reload was asked for");
  const failed = spanning.filter(({ row }) => row.outcome !== "ok");
  const { drainMs } = history.target;
  const cut = failed.filter((request) => !reloads(history).some((reload) => isCutByDrain(request, reload, drainMs)));
  const reason = whyNoReloadSeen(history, history.loads);
  if (cut.length === 0 && reason) return inconclusive(reason);
  const idle = reloads(history).find((reload) => !spanning.some((request) => spans(request, reload)));
  const [outside] = inFlight.filter((request) => !spanning.includes(request));
  // What was cut is cut; but a pass must not rest on the requests that happened to get as far as they should.
  if (cut.length === 0 && outside) {
    const number = inFlight.length - spanning.length;
    return inconclusive(
      `${number} of ${inFlight.length} held requests were not in flight at their reload: ${outside.row.id} ended as ${outside.row.outcome}`,
    );
  }
  if (cut.length === 0 && idle) return inconclusive(`no request was in flight at reload ${idle.index}`);
  if (cut.length === 0 && failed.length > 0) {
    return inconclusive(
      `${failed.length} of ${spanning.length} requests outlasted the drain of ${drainMs} ms, and were cut`,
    );
  }
  if (cut.length === 0)
    return held(spanning.length, `all of ${spanning.length} requests held across a reload completed`);
  return violated({
    trials: spanning.length,
    violations: cut.length,
    expected: "the complete answer of the worker that had begun with it",
    observed: `${cut.length} of ${spanning.length} requests in flight did not complete`,
    evidence: cut.map(({ row, door, by = "gate", action, enteredMs }): Evidence => ({
      kind: "request",
      atMs: row.intendedMs,
      text: `${row.id} (${by}, ${door}): ${row.outcome}; the application entered it at ${enteredMs.toFixed(1)} ms, reload ${action} came after that, it ended at ${row.doneMs.toFixed(1)} ms`,
    })),
  });
}

// A kept-alive connection in use is closed only after an answer that says `Connection: close`.
function closeAnnounced(history: History): Finding {
  const loads = history.loads.filter((load) => load.connections === "kept-alive" && load.mode === "open-loop");
  let trials = 0;
  let idle = 0;
  let announced = 0;
  for (const load of loads) {
    for (const row of load.ledger.rows()) if (row.reused) trials++;
    idle += load.closes.idle;
    announced += load.closes.announced;
  }
  // One that ends amid an answer ends in use as well.
  const cut = culprits(
    loads,
    ({ reused, outcome }) =>
      outcome === "reset-before-answer-reused" ||
      outcome === "closed-before-answer-reused" ||
      (reused && outcome === "truncated"),
  );
  const reason = whyNoReloadSeen(history, loads);
  if (reason && !cut.some(({ row }) => isStruck(history, row))) return inconclusive(reason);
  if (trials === 0) return inconclusive("no connection carried a second request");
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

/** So many fresh requests in a row have to miss the draining workers. */
const UNANSWERED_BY_DRAINERS = 50;

// A draining worker gets no new connections.
function drainersAcceptNothing(history: History): Finding {
  const [reload] = reloads(history);
  if (!reload) return inconclusive("no reload took place");
  if (reload.error !== undefined) return inconclusive(`the reload could not be asked for: ${reload.error}`);
  const seen = observationsOf(history, "exchange");
  // Through a proxy a fresh connection may be answered by way of an older one.
  const door = history.target.role === "app-server" ? "front" : "direct";
  if (door === "direct" && !seen.some((exchange) => exchange.door === door)) {
    return unsupported(
      "the application server can be reached by way of the proxy only, which has connections of its own",
    );
  }
  const holders = history.held.filter((request) => request.row.worker > 0 && spans(request, reload));
  const drainers = new Set(holders.flatMap(({ row }) => (row.generation < reload.generation ? [row.worker] : [])));
  if (drainers.size === 0) return inconclusive("no worker of the old generation was held while it drained");
  // While they are held, they drain and do not leave; those that cut what they hold do neither.
  const heldUntilMs = holders.map(({ row, releasedMs }) => Math.min(row.doneMs, releasedMs));
  const untilMs = Math.min(...holders.map(({ releasedMs }) => releasedMs), Math.max(...heldUntilMs));
  const fresh = observationsOf(history, "exchange", `fresh-${door}`)
    .map(({ row }) => row)
    .filter((row) => row.sentMs > reload.startedMs && row.sentMs < untilMs && row.worker > 0);
  if (fresh.length === 0) return inconclusive(`no fresh request came in by the door ${door} while workers drained`);
  // A process that took up the new code itself does not drain.
  const isOld = ({ worker, generation }: LedgerRow): boolean => drainers.has(worker) && generation < reload.generation;
  const lastAccepted = fresh.findLastIndex(isOld);
  // Until the settle time is over, a worker may not have been told to leave yet.
  const settledMs = reload.startedMs + reload.bootDelayMs + history.target.settleMs;
  const late = fresh.filter((row) => isOld(row) && row.sentMs > settledMs);
  // Where workers are replaced one after the other, the next is told to leave when the one before it is gone.
  const isTakenUp = fresh.some(({ generation }) => generation >= reload.generation);
  if (!isTakenUp) return inconclusive("the new code answered nobody while requests of the old one were held");
  if (late.length > 0) {
    return violated({
      trials: fresh.length,
      violations: late.length,
      expected: "fresh connections go to workers of the new generation only",
      observed: `${late.length} of ${fresh.length} fresh connections were answered by draining workers after the settle time of ${history.target.settleMs} ms`,
      evidence: late.map((row): Evidence => ({
        kind: "request",
        atMs: row.sentMs,
        text: `${row.id}: answered by pid ${row.worker} of generation ${row.generation}, which holds a request since before the reload to generation ${reload.generation}, ${(row.sentMs - reload.startedMs).toFixed(0)} ms after it`,
      })),
    });
  }
  const missed = fresh.length - 1 - lastAccepted;
  if (missed < UNANSWERED_BY_DRAINERS) {
    return inconclusive(`only the last ${missed} of ${fresh.length} fresh requests missed the draining workers`);
  }
  return held(
    missed,
    `${missed} fresh connections in a row, none answered by one of ${drainers.size} draining workers`,
  );
}
