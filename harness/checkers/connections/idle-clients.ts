import type { ActionRecord, History } from "../../spec/history.ts";
import type { Conversation } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import { decide, type Fault, inconclusive, observed, unsupported } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { announcesClose, generationIn, rawAnswers } from "../raw-answers.ts";
import { effectiveReloads } from "../served-by.ts";

/* What becomes of clients that keep a connection alive and say nothing while the server reloads. */
export const idleClients = {
  "connections/idle-survives": idleSurvives,
  "connections/reconnects-per-reload": reconnectsPerReload,
};

/**
 * Of an idle connection: `carried-on`, the next request on it was answered by the new generation, and it stays · `answered-by-old`, that
 * answer came from the old one · `closed-by-answer`, it said `Connection: close` · `closed`, before the next request was answered.
 */
type Fate = "carried-on" | "answered-by-old" | "closed-by-answer" | "closed";

interface IdleClient {
  readonly talk: Conversation;
  readonly fate: Fate;
}

// An idle kept-alive connection outlives the reload, and the next request on it is answered by the new generation.
function idleSurvives(history: History): Finding {
  const found = clientsOf(history);
  if (typeof found === "string") return inconclusive(found);
  // A proxy in front that is not reloaded keeps its connections anyhow.
  const own = history.target.role === "app-server" ? "front" : "direct";
  const clients = found.filter(({ talk }) => talk.at === own);
  if (clients.length === 0) return unsupported(`the door ${own} to the application server keeps no connection alive`);
  const gone = clients.filter(({ fate }) => fate !== "carried-on");
  return decide({
    trials: clients.length,
    faults: gone.map(({ talk, fate }): Fault => ({
      count: 1,
      evidence: {
        kind: "request",
        atMs: talk.endedMs,
        text: `${talk.name}: ${fate}; connection ${talk.end}${Number.isNaN(talk.endedMs) ? "" : ` at ${talk.endedMs.toFixed(1)} ms`}`,
      },
    })),
    expected: "the next request on each idle connection answered by the new generation, the connection kept",
    observed: describeFates(clients),
  });
}

// Connections closed by one reload among clients that keep theirs alive.
function reconnectsPerReload(history: History): Finding {
  const found = clientsOf(history);
  if (typeof found === "string") return inconclusive(found);
  return observed(found.length, describeFates(found));
}

function clientsOf(history: History): readonly IdleClient[] | string {
  const [reload, later] = effectiveReloads(history);
  if (!reload) return "no reload took effect";
  const clients = observationsOf(history, "conversation").flatMap((talk): readonly IdleClient[] => {
    const [first, second] = talk.sent;
    if (!talk.name.startsWith("idle-") || !first || first.atMs > reload.startedMs) return [];
    // What ended before the reload was not ended by it.
    if (talk.endedMs < reload.startedMs) return [];
    // The second reload is not what this is about.
    if (second && later && second.atMs > later.startedMs) return [];
    const [before] = rawAnswers(talk.received.map(({ text }) => text).join(""));
    // A server that keeps none alive at all closes none by reloading.
    if (before?.status !== 200 || announcesClose(before)) return [];
    return [{ talk, fate: fateOf(talk, reload) }];
  });
  // Where the old ones are waited for, nobody may be there to answer yet: the connection is open all the same.
  const told = clients.filter(({ talk, fate }) => fate !== "closed" || talk.end !== "open");
  if (told.length > 0) return told;
  if (clients.length > 0) return `none of ${clients.length} idle connections that stayed open was answered in time`;
  return "no idle connection was open when the reload came";
}

function fateOf(talk: Conversation, { generation }: ActionRecord): Fate {
  const next = rawAnswers(talk.received.map(({ text }) => text).join(""))[1];
  if (!next?.complete) return "closed";
  if (announcesClose(next)) return "closed-by-answer";
  if (generationIn(next) < generation) return "answered-by-old";
  return talk.end === "open" ? "carried-on" : "closed-by-answer";
}

function describeFates(clients: readonly IdleClient[]): string {
  const doors = Map.groupBy(clients, ({ talk }) => talk.at);
  const parts = [...doors].map(([door, ofDoor]) => {
    const count = (fate: Fate): number => ofDoor.filter((client) => client.fate === fate).length;
    return (
      `${door}: of ${ofDoor.length} idle connections ${count("closed")} closed without an answer, ` +
      `${count("closed-by-answer")} with the next answer, ${count("answered-by-old")} kept by the old code, ${count("carried-on")} carried on by the new one`
    );
  });
  return parts.join("; ");
}
