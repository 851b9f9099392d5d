import type { History, LedgerRow } from "../../spec/history.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { ExchangeSeen, OriginRequest } from "../../spec/observation.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { decide, inconclusive, unsupported } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { whySuitePaused } from "../pauses.ts";

/** What a proxy makes of an upstream that misbehaves. */
export const proxyUpstream = {
  "proxy/idempotent-retried": idempotentRetried,
  "proxy/post-never-replayed": postNeverReplayed,
  "proxy/no-blackout": noBlackout,
  "proxy/pool-outlived-by-backend": poolOutlivedByBackend,
  "proxy/truncation-propagated": truncationPropagated,
};

// A GET whose pooled upstream connection was closed unused is sent again.
function idempotentRetried(history: History): Finding {
  const asked = exchanges(history, "idempotent/");
  if (asked.length === 0) return inconclusive("no connection was closed under a GET");
  const met = asked.filter(({ row }) =>
    arrivals(history, row).some(({ fate, ordinal }) => fate === "closed" && ordinal > 1),
  );
  if (met.length === 0) return unsupported(`none of ${asked.length} requests came on a pooled connection`);
  const failed = met.filter(({ row }) => row.outcome !== "ok");
  return decide({
    trials: met.length,
    faults: failed.map((exchange) => ({ count: 1, evidence: evidenceOf(history, exchange) })),
    expected: "the answer of the connection on which it is sent again",
    observed: `${failed.length} of ${met.length} GETs failed whose pooled connection was closed without a byte of an answer`,
  });
}

// A POST is never sent twice once it has reached an upstream.
function postNeverReplayed(history: History): Finding {
  const met = exchanges(history, "post/").filter(({ row }) =>
    arrivals(history, row).some(({ fate }) => fate === "closed"),
  );
  if (met.length === 0) return inconclusive("no POST was left without an answer by the upstream");
  const twice = met.filter(({ row }) => arrivals(history, row).length > 1);
  return decide({
    trials: met.length,
    faults: twice.map((exchange) => ({ count: 1, evidence: evidenceOf(history, exchange) })),
    expected: "each POST once at the upstream, whatever becomes of it there",
    observed: `${twice.length} of ${met.length} POSTs that the upstream took and did not answer reached it again`,
  });
}

/** Failures in a row that are no accident of one connection. */
const RUN = 2;

// One failure of the only upstream does not take it out: the requests after it are answered.
function noBlackout(history: History): Finding {
  const failures = exchanges(history, "failure/").filter(({ row }) => row.outcome !== "ok");
  if (failures.length === 0) return inconclusive("the upstream's failure never reached a client");
  const faults = [];
  let trials = 0;
  for (const failure of failures) {
    const kind = failure.name.slice("failure/".length);
    const after = exchanges(history, `after-failure/${kind}`);
    trials += after.length;
    const run = longestRun(after);
    if (run.length < RUN) continue;
    faults.push(...run.map((exchange) => ({ count: 1, evidence: evidenceOf(history, exchange) })));
  }
  return decide({
    trials,
    faults,
    expected: "answers from the upstream as soon as it gives them again",
    observed: `${faults.length} of ${trials} requests after a single failure failed in a row (${[...new Set(failures.map(({ name }) => name.slice(8)))].join(", ")})`,
  });
}

function longestRun(after: readonly ExchangeSeen[]): readonly ExchangeSeen[] {
  let longest: ExchangeSeen[] = [];
  let run: ExchangeSeen[] = [];
  for (const exchange of after) {
    run = exchange.row.outcome === "ok" ? [] : [...run, exchange];
    if (run.length > longest.length) longest = run;
  }
  return longest;
}

// Pooled connections are given up before the backend's idle limit, or what crosses the backend's close is made good.
function poolOutlivedByBackend(history: History): Finding {
  const sweep = exchanges(history, "pool-sweep");
  const [look] = observationsOf(history, "origin", "pool");
  if (sweep.length === 0 || !look) return unsupported("the target file does not say upstream.idleMs");
  const reached = observationsOf(history, "origin").flatMap(({ requests }) => requests);
  if (reached.length === 0) return inconclusive("no request was seen to reach the upstream");
  if (look.idledOut === 0 && !reached.some(({ ordinal }) => ordinal > 1)) {
    return unsupported(`none of ${reached.length} requests came on a pooled connection, and none lay idle`);
  }
  // Something else is wrong with the upstream, in the proxy's eyes.
  const primes = exchanges(history, "pool-prime");
  const unfilled = primes.filter(({ row }) => row.outcome !== "ok").length;
  if (unfilled > 0) return inconclusive(`the pool was not filled: ${unfilled} of ${primes.length} requests failed`);
  const failed = sweep.filter(({ row }) => row.outcome !== "ok");
  const left =
    look.idledOut > 0 ? `the backend had to close ${look.idledOut} idle connections itself` : "the backend closed none";
  return decide({
    trials: sweep.length,
    faults: failed.map((exchange) => ({ count: 1, evidence: evidenceOf(history, exchange) })),
    expected: "no failure of requests around the backend's idle limit",
    observed: `${failed.length} of ${sweep.length} requests around the backend's idle limit failed; ${left}`,
  });
}

/** Of the time that an answer has to end in, the least in which the suite has to have looked. */
const WAITED_MS = LIMITS.answerMs / 2;

// An upstream answer cut short reaches the client as a failure, never as a clean end.
function truncationPropagated(history: History): Finding {
  const cut = exchanges(history, "truncation/").filter(({ row }) =>
    arrivals(history, row).some(({ fate }) => fate === "closed"),
  );
  if (cut.length === 0) return inconclusive("the upstream cut no answer short");
  const clean = cut.filter(({ row: { outcome } }) => outcome === "ok" || outcome === "wrong-answer");
  const hung = cut.filter(({ row: { outcome } }) => outcome === "hung");
  const [paused] = hung.flatMap(({ row: { intendedMs, doneMs } }) => {
    return whySuitePaused(history, { startedMs: intendedMs, endedMs: doneMs }, WAITED_MS) ?? [];
  });
  if (clean.length === 0 && paused !== undefined) return inconclusive(`an answer cut short did not end, but ${paused}`);
  return decide({
    trials: cut.length,
    faults: [...clean, ...hung].map((exchange) => ({ count: 1, evidence: evidenceOf(history, exchange) })),
    expected: "an error status, or a connection that ends before the answer does",
    observed: `of ${cut.length} answers cut short ${clean.length} ended cleanly at the client and ${hung.length} left it waiting`,
  });
}

/** By the beginning of their names. */
function exchanges(history: History, prefix: string): readonly ExchangeSeen[] {
  return observationsOf(history, "exchange").filter(({ name }) => name.startsWith(prefix));
}

/** What of a request reached the upstream, each time. */
function arrivals(history: History, { id }: LedgerRow): readonly OriginRequest[] {
  return observationsOf(history, "origin").flatMap(({ requests }) => requests.filter((request) => request.id === id));
}

function evidenceOf(history: History, { name, row }: ExchangeSeen): Evidence {
  const times = arrivals(history, row).map(
    ({ atMs, connection, ordinal, fate }) =>
      `at ${atMs.toFixed(1)} ms as request ${ordinal} of connection ${connection} (${fate})`,
  );
  const seen = times.length > 0 ? `reached the upstream ${times.join(", ")}` : "never reached the upstream";
  return { kind: "request", atMs: row.intendedMs, text: `${row.method} ${row.id} of ${name}: ${row.outcome}; ${seen}` };
}
