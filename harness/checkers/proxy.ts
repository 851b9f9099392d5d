import type { History } from "../spec/history.ts";
import type { Evidence, Finding } from "../spec/verdict.ts";
import { held, inconclusive, violated } from "./finding.ts";
import { isStruck, whyNoReloadSeen } from "./reload-windows.ts";
import { countRows, culprits, evidenceOf, summarize } from "./request-evidence.ts";

export const proxy = { "proxy/upstream-reload-hidden": upstreamReloadHidden };

// While an application behind the proxy reloads, clients of the proxy see no error and no closed connection.
function upstreamReloadHidden(history: History): Finding {
  const loads = history.loads.filter(({ door }) => door === "front");
  const failed = culprits(loads, ({ outcome }) => outcome !== "ok");
  const reason = whyNoReloadSeen(history, loads);
  if (reason && !failed.some(({ row }) => isStruck(history, row))) return inconclusive(reason);
  const kept = loads.filter(({ connections }) => connections === "kept-alive");
  const closed = kept.reduce((sum, { closes }) => sum + closes.announced + closes.idle, 0);
  const trials = countRows(loads);
  if (failed.length === 0 && closed === 0) {
    return held(trials, `0 errors in ${trials} requests, none of the kept-alive connections closed`);
  }
  const closes: readonly Evidence[] = kept
    .filter((load) => load.closes.announced + load.closes.idle > 0)
    .map((load) => ({
      kind: "request",
      text: `${load.name}: ${load.closes.announced} connections closed with notice, ${load.closes.idle} without`,
    }));
  return violated({
    trials,
    violations: failed.length + closed,
    expected: "no error and no closed connection at the proxy's clients",
    observed: [failed.length > 0 ? summarize(failed) : "", closed > 0 ? `${closed} connections closed` : ""]
      .filter(Boolean)
      .join("; "),
    evidence: [...evidenceOf(history, failed), ...closes],
  });
}
