import type { History, LedgerRow, LoadRecord } from "../../spec/history.ts";
import type { Conversation } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import { decide, type Fault, held, inconclusive, violated } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { announcesClose, rawAnswers } from "../raw-answers.ts";
import { isStruck, reloads, whyNoReloadSeen } from "../reload-windows.ts";
import { culprits, evidenceOf, summarize } from "../request-evidence.ts";
import { describeHeld, effectiveReloads, spans } from "../served-by.ts";

/* What a connection carries when the reload comes: POSTs on reused ones, requests behind another, halves of uploads. */
export const carried = {
  "connections/post-not-lost": postNotLost,
  "connections/buffered-requests-answered": bufferedRequestsAnswered,
  "connections/upload-whole-or-refused": uploadWholeOrRefused,
};

// A POST on a reused connection is answered, or it was provably not run.
function postNotLost(history: History): Finding {
  const loads = history.loads.filter(isKeptPost);
  const log = history.logs.at(-1)?.requests;
  if (!log) return inconclusive("the log was not read, so nothing tells which POSTs were run");
  const isLogged = ({ id }: LedgerRow): boolean => (log.get(id)?.received ?? 0) > 0;
  const posts = culprits(loads, ({ reused, outcome }) => reused && outcome !== "unsent");
  const unanswered = posts.filter(({ row }) => row.outcome !== "ok");
  const run = unanswered.filter(({ row }) => isLogged(row));
  const reason = whyNoReloadSeen(history, loads);
  if (reason && !run.some(({ row }) => isStruck(history, row))) return inconclusive(reason);
  if (posts.length === 0) return inconclusive("no POST was sent on a connection that had carried a request before");
  // That an id is missing proves something only in a log that holds those that have to be there.
  const unlogged = posts.filter(({ row }) => row.outcome === "ok" && !isLogged(row)).length;
  if (run.length === 0 && unlogged > 0) {
    return inconclusive(`the log lacks ${unlogged} POSTs that were answered: it does not tell which were run`);
  }
  const trials = posts.length;
  const text = `of ${trials} POSTs on reused connections ${trials - unanswered.length} were answered, ${unanswered.length - run.length} failed and were not run`;
  if (run.length === 0) return held(trials, text);
  return violated({
    trials,
    violations: run.length,
    expected: "an answer to each POST that the application has a record of",
    observed: `${text}, ${run.length} were run and their answers lost: ${summarize(run)}`,
    evidence: evidenceOf(history, run),
  });
}

function isKeptPost(load: LoadRecord): boolean {
  if (load.connections !== "kept-alive") return false;
  for (const { method } of load.ledger.rows()) return method === "POST";
  return false;
}

// Requests that were already sent on a connection when the reload came, one behind the other, are all answered.
function bufferedRequestsAnswered(history: History): Finding {
  const done = effectiveReloads(history);
  if (done.length === 0) return inconclusive("no reload took effect");
  const pairs = observationsOf(history, "conversation").filter(
    ({ name, sent }) =>
      name.startsWith("pipelined-") && sent[0] && done.some(({ startedMs }) => sent[0] && sent[0].atMs < startedMs),
  );
  const { drainMs } = history.target;
  const waiting = pairs.filter(
    ({ sent, received, endedMs }) =>
      received.every(({ atMs }) => done.some(({ startedMs }) => atMs > startedMs)) &&
      // At the end of the drain that it is configured for, a server may cut what is still there: not what it had begun to answer
      // before, for then the suite had let go of it. One that stays open is not cut.
      !done.some(({ startedMs }) => {
        const deadlineMs = startedMs + drainMs;
        const isHeld = received.every(({ atMs }) => atMs >= deadlineMs);
        return (sent[0]?.atMs ?? 0) < startedMs && endedMs >= deadlineMs && isHeld;
      }),
  );
  const faults = waiting.flatMap(lostOf);
  const trials = waiting.reduce((sum, talk) => sum + idsIn(talk).length, 0);
  const lost = faults.reduce((sum, { count }) => sum + count, 0);
  return decide({
    trials,
    faults,
    expected: "one complete answer to each request, in the order in which they were sent",
    observed:
      lost === 0
        ? `${trials} requests sent on ${waiting.length} connections before the reload, all answered in order`
        : `${lost} of ${trials} requests sent on ${waiting.length} connections before the reload were not answered`,
  });
}

function lostOf(talk: Conversation): readonly Fault[] {
  const ids = idsIn(talk);
  const text = talk.received.map((piece) => piece.text).join("");
  const answers = rawAnswers(text);
  const good = answers.filter(
    ({ complete, headers, status }, index) => complete && status === 200 && headers.get("x-hupspec-id") === ids[index],
  );
  if (good.length === ids.length) return [];
  const announced = answers.some(announcesClose) ? ", an answer said `Connection: close`" : "";
  const end = talk.end === "open" ? "it stayed open" : `it ended (${talk.end}) at ${talk.endedMs.toFixed(1)} ms`;
  const described = `${talk.name}: ${good.length} of ${ids.length} requests (${ids.join(", ")}) answered; ${end}${announced}; received ${JSON.stringify(text.slice(0, 300))}`;
  return [
    {
      count: ids.length - good.length,
      evidence: { kind: "request", atMs: talk.sent[0]?.atMs ?? talk.connectedMs, text: described },
    },
  ];
}

function idsIn({ sent }: Conversation): readonly string[] {
  const text = sent.map((piece) => piece.text).join("");
  return [...text.matchAll(/^x-hupspec-id: (.+?)\r?$/gim)].map(([, id]) => id ?? "");
}

// An upload that spans the reload arrives whole, or is refused so that its sender can tell.
function uploadWholeOrRefused(history: History): Finding {
  const done = effectiveReloads(history);
  if (done.length === 0) return inconclusive("no reload took effect");
  const uploads = history.held.filter(
    ({ by, row, releasedMs }) =>
      by === "upload" && done.some(({ startedMs }) => row.sentMs < startedMs && releasedMs > startedMs),
  );
  const asked = uploads.filter((upload) => reloads(history).some((reload) => spans(upload, reload))).length;
  const whole = uploads.filter(({ row }) => row.outcome === "ok").length;
  const bad = uploads.filter(({ row }) => row.outcome === "wrong-answer" || row.outcome === "hung");
  const refused = uploads.length - whole - bad.length;
  return decide({
    trials: uploads.length,
    faults: bad.map(({ row, door }): Fault => ({
      count: 1,
      evidence: {
        kind: "request",
        atMs: row.sentMs,
        text: `${describeHeld(row, door)}, status ${row.status}: ${row.outcome === "hung" ? "neither taken nor refused" : "not length and digest of what was sent"}`,
      },
    })),
    expected: "length and digest of the whole body, or an answer or an end of the connection that refuses it",
    observed: `${uploads.length} uploads across a reload (${asked} of them in the server's hands before it): ${whole} whole, ${refused} refused, ${bad.length} accepted with something else or left hanging`,
  });
}
