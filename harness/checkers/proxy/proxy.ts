import type { History } from "../../spec/history.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { held, inconclusive, unsupported, violated } from "../finding.ts";
import { waitedMs } from "../pauses.ts";
import { isStruck, reloads, reloadWindows, touches, whyNoReloadSeen } from "../reload-windows.ts";
import { countRows, culprits, evidenceOf, summarize } from "../request-evidence.ts";
import { proxyClients } from "./proxy-clients.ts";
import { proxyFraming } from "./proxy-framing.ts";
import { proxyUpstream } from "./proxy-upstream.ts";

export const proxy = {
  "proxy/upstream-reload-hidden": upstreamReloadHidden,
  "proxy/own-reload": ownReload,
  "proxy/neighbours-undisturbed": neighboursUndisturbed,
  ...proxyUpstream,
  ...proxyFraming,
  ...proxyClients,
};

// While an application behind the proxy reloads, clients of the proxy see no error and no closed connection.
function upstreamReloadHidden(history: History): Finding {
  const loads = history.loads.filter(({ door, site }) => door === "front" && site === undefined);
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

// The proxy's own reload loses no request: on fresh connections, on kept-alive ones, or in flight.
function ownReload(history: History): Finding {
  const { loads } = history;
  const lost = culprits(loads, ({ outcome }) => outcome !== "ok");
  const cut = history.held.filter(({ row }) => row.outcome !== "ok");
  const reason = whyNoReloadSeen(history, loads) ?? whyNotOfEveryKind(history);
  const struck = lost.some(({ row }) => isStruck(history, row)) || cut.some(({ row }) => isStruck(history, row));
  if (reason && !struck) return inconclusive(reason);
  const trials = countRows(loads) + history.held.length;
  const times = `${reloads(history).length} reloads of the proxy itself`;
  if (lost.length + cut.length === 0) {
    return held(trials, `0 of ${trials} requests lost in ${times}, ${history.held.length} of them held across one`);
  }
  return violated({
    trials,
    violations: lost.length + cut.length,
    expected: "each request answered completely, whatever connection it came by",
    observed: [
      lost.length > 0 ? `${lost.length} of ${trials} requests lost in ${times}: ${summarize(lost)}` : "",
      cut.length > 0 ? `${cut.length} of ${history.held.length} cut in flight` : "",
    ]
      .filter(Boolean)
      .join("; "),
    evidence: [
      ...cut.map(({ row, action }): Evidence => ({
        kind: "request",
        atMs: row.intendedMs,
        text: `${row.id}: ${row.outcome}; in flight at reload ${action}, ended at ${row.doneMs.toFixed(1)} ms`,
      })),
      ...evidenceOf(history, lost),
    ],
  });
}

function whyNotOfEveryKind({ loads, held: inFlight }: History): string | undefined {
  if (!loads.some(({ connections }) => connections === "fresh")) return "no load of fresh connections ran";
  return inFlight.length === 0 ? "no request was in flight while the proxy reloaded" : undefined;
}

// While one application reloads, requests for the others behind the same proxy neither fail nor stall nor lose their connections.
function neighboursUndisturbed(history: History): Finding {
  const others = history.loads.filter(({ site }) => site !== undefined);
  if (others.length === 0) return unsupported("the target has one site only");
  const windows = reloadWindows(history);
  const reason = whyNoReloadSeen(
    history,
    history.loads.filter(({ site }) => site === undefined),
  );
  if (reason) return inconclusive(reason);
  const struck = others.find((load) => culprits([load], (row) => touches(row, windows) !== undefined).length > 0);
  if (!struck) return inconclusive("no request for another site was under way during a reload");
  const { stallMs } = history.target.budget;
  const failed = culprits(others, ({ outcome }) => outcome !== "ok");
  const slow = culprits(
    others,
    (row) => row.outcome === "ok" && waitedMs(history, row.intendedMs, row.doneMs) > stallMs,
  );
  const closed = others.reduce((sum, { closes }) => sum + closes.announced + closes.idle, 0);
  const during = culprits(others, (row) => row.outcome === "ok" && touches(row, windows) !== undefined);
  const longestMs = Math.max(0, ...during.map(({ row }) => row.doneMs - row.intendedMs));
  const trials = countRows(others);
  const sites = new Set(others.map(({ site }) => site)).size;
  if (failed.length + slow.length + closed === 0) {
    const text = `0 of ${trials} requests for ${sites} other sites failed or stalled in ${windows.length} reloads`;
    return held(trials, `${text}, the longest took ${longestMs.toFixed(1)} ms`);
  }
  return violated({
    trials,
    violations: failed.length + slow.length + closed,
    expected: `no failure, no closed connection and no answer later than ${stallMs} ms on the sites that are left alone`,
    observed: [
      failed.length > 0 ? summarize(failed) : "",
      slow.length > 0
        ? `${slow.length} answers later than ${stallMs} ms, the longest after ${longestMs.toFixed(0)} ms`
        : "",
      closed > 0 ? `${closed} connections closed` : "",
    ]
      .filter(Boolean)
      .join("; "),
    evidence: evidenceOf(history, [...failed, ...slow]),
  });
}
