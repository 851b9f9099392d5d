import type { ActionRecord, History } from "../../spec/history.ts";
import type { Conversation } from "../../spec/observation.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { held, inconclusive, violated } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { rawAnswers } from "../raw-answers.ts";
import { reloads } from "../reload-windows.ts";

/* Rules on connections that exist when the reload comes and have not got an answer yet. */
export const waitingConnections = {
  "availability/backlog-survives": backlogSurvives,
  "availability/silent-connection-answered": silentConnectionAnswered,
};

/** A queue with fewer in it says little. */
const LEAST_WAITING = 5;

// Connections that wait in the listen queue while the reload comes are served after it.
function backlogSurvives(history: History): Finding {
  const [reload] = reloads(history);
  if (!reload) return inconclusive("no reload took place");
  if (reload.error !== undefined) return inconclusive(`the reload could not be asked for: ${reload.error}`);
  const queued = observationsOf(history, "conversation", "queued");
  const waiting = queued.filter(
    (talk) => isOpenAt(talk, reload.startedMs) && firstSentMs(talk) < reload.startedMs && isUnanswered(talk, reload),
  );
  if (waiting.length < queued.length || waiting.length < LEAST_WAITING) {
    return inconclusive(
      `of ${queued.length} connections ${waiting.length} waited unanswered when the reload came: the workers were not stopped`,
    );
  }
  const lost = waiting.filter((talk) => !isAnswered(talk));
  // A server that died of it is another matter than one that was never asked.
  if (lost.length === 0 && reload.servedMs === undefined) return inconclusive("the reload had no effect");
  const text = `${describeQueue(history, reload)}${waiting.length - lost.length} of ${waiting.length} connections that waited across the reload were answered`;
  if (lost.length === 0) return held(waiting.length, text);
  return violated({
    trials: waiting.length,
    violations: lost.length,
    expected: "a 2xx answer on each connection that waited in the listen queue",
    observed: `${text}; ${describeEnds(lost)}`,
    evidence: lost.map((talk) => evidenceOf(talk, reload)),
  });
}

// A connection accepted before the reload that sends its first request after it gets an answer.
function silentConnectionAnswered(history: History): Finding {
  const [reload] = reloads(history);
  if (!reload) return inconclusive("no reload took place");
  if (reload.error !== undefined) return inconclusive(`the reload could not be asked for: ${reload.error}`);
  const { servedMs } = reload;
  if (servedMs === undefined) return inconclusive("the reload had no effect");
  const silent = observationsOf(history, "conversation").filter(({ name }) => name.startsWith("silent-"));
  const tried = silent.filter((talk) => isOpenAt(talk, reload.startedMs) && firstSentMs(talk) >= servedMs);
  if (tried.length === 0 || tried.length < silent.length) {
    return inconclusive(
      `${tried.length} of ${silent.length} connections were open at the reload and spoke after the new code served`,
    );
  }
  const lost = tried.filter((talk) => !isAnswered(talk));
  const text = `${tried.length - lost.length} of ${tried.length} connections that were silent across the reload were answered`;
  if (lost.length === 0) return held(tried.length, text);
  return violated({
    trials: tried.length,
    violations: lost.length,
    expected: "an answer to the first request of a connection that was accepted before the reload",
    observed: `${text}; ${describeEnds(lost)}`,
    evidence: lost.map((talk) => evidenceOf(talk, reload)),
  });
}

function isOpenAt({ connectedMs, endedMs }: Conversation, atMs: number): boolean {
  return connectedMs < atMs && !(endedMs < atMs);
}

function firstSentMs({ sent }: Conversation): number {
  return sent[0]?.atMs ?? Number.POSITIVE_INFINITY;
}

function isUnanswered({ received }: Conversation, { startedMs }: ActionRecord): boolean {
  return (received[0]?.atMs ?? Number.POSITIVE_INFINITY) > startedMs;
}

/** A whole answer came. Where it does not say how long it is, its end is that of the connection. */
function isAnswered({ received, end }: Conversation): boolean {
  const [answer] = rawAnswers(received.map(({ text }) => text).join(""));
  if (!answer || answer.status < 200 || answer.status > 299) return false;
  const isFramed = answer.headers.has("content-length") || answer.headers.has("transfer-encoding");
  return answer.complete || (!isFramed && end !== "reset");
}

function describeEnds(lost: readonly Conversation[]): string {
  const counts = new Map<string, number>();
  for (const { end } of lost) counts.set(END[end], (counts.get(END[end]) ?? 0) + 1);
  return [...counts].map(([end, count]) => `${count} ${end}`).join(", ");
}

const END = {
  open: "without an answer in time",
  fin: "closed without an answer",
  reset: "reset",
  refused: "refused",
  timeout: "not accepted",
} as const satisfies Record<Conversation["end"], string>;

function describeQueue(history: History, reload: ActionRecord): string {
  const look = observationsOf(history, "listen-queue").findLast(({ atMs }) => atMs <= reload.startedMs);
  return look ? `${look.waiting} in the listen queue before the reload; ` : "";
}

function evidenceOf(talk: Conversation, { startedMs }: ActionRecord): Evidence {
  const { name, at, connectedMs, sent, received, end, endedMs } = talk;
  const ended = Number.isNaN(endedMs) ? "" : ` at ${signed(endedMs - startedMs)} ms`;
  const came = received.length === 0 ? "nothing came" : `came ${JSON.stringify(received[0]?.text.slice(0, 80))}`;
  return {
    kind: "request",
    atMs: connectedMs,
    text:
      `${name} at ${at}, times to the reload: connected at ${signed(connectedMs - startedMs)} ms, ` +
      `asked at ${signed((sent[0]?.atMs ?? Number.NaN) - startedMs)} ms, ${END[end]}${ended}; ${came}`,
  };
}

function signed(ms: number): string {
  return `${ms >= 0 ? "+" : ""}${ms.toFixed(1)}`;
}
