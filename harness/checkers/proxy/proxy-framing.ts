import { FRAMING_CASES, idBehind, type FramingCase } from "../../spec/framing-cases.ts";
import type { History } from "../../spec/history.ts";
import type { Conversation, OriginRequest } from "../../spec/observation.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { decide, inconclusive, type Fault } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { ambiguityOf } from "./strict-reading.ts";

export const proxyFraming = {
  "proxy/framing-strict": framingStrict,
  "proxy/hop-by-hop-removed": hopByHopRemoved,
};

// A request that could be read in two ways is refused, or passed on in a form that can be read in one, and nothing behind it is run
// while its end is in doubt. Valid ones are answered.
function framingStrict(history: History): Finding {
  const talks = observationsOf(history, "conversation").filter(({ name }) => name.startsWith("framing/"));
  if (talks.length === 0) return inconclusive("no ambiguous request was sent");
  if (talks.every(({ connectedMs }) => Number.isNaN(connectedMs))) return inconclusive("no connection was to be had");
  const reached = observationsOf(history, "origin", "framing").flatMap(({ requests }) => requests);
  const [log] = history.logs;
  // Somebody has to know what arrived behind the proxy, and to have seen something arrive.
  const hasArrived = (id: string): boolean =>
    reached.some((request) => request.id === id) || (log?.requests.get(id)?.received ?? 0) > 0;
  if (!talks.some((talk) => hasArrived(idOf(talk)))) {
    return inconclusive("of the valid requests too, none was seen to arrive behind the proxy");
  }
  const faults: Fault[] = [];
  let refused = 0;
  for (const talk of talks) {
    const row = FRAMING_CASES.find(({ slug }) => talk.name === `framing/${slug}`);
    if (!row) return inconclusive(`there is no case ${talk.name}`);
    const id = idOf(talk);
    if (row.due !== "take" && !hasArrived(id)) refused++;
    const breach = breachOf(
      row,
      talk,
      reached.filter((request) => request.id === id),
      hasArrived(idBehind(id)),
    );
    if (breach) faults.push({ count: 1, evidence: evidenceOf(row, talk, breach) });
  }
  const ambiguous = talks.length - talks.filter(({ name }) => isTaken(name)).length;
  const seenBy = reached.length > 0 ? "at the origin" : "in the application's log";
  return decide({
    trials: talks.length,
    faults,
    expected:
      "ambiguous requests refused, or passed on in a form that can be read in one way only; valid ones answered",
    observed:
      faults.length === 0
        ? `${refused} of ${ambiguous} ambiguous requests never arrived ${seenBy}, the others without their ambiguity`
        : `${faults.length} of ${talks.length} inputs: ${faults.map(({ evidence }) => evidence.text.split(":")[0]).join(", ")}`,
  });
}

function isTaken(name: string): boolean {
  return FRAMING_CASES.some(({ slug, due }) => due === "take" && name === `framing/${slug}`);
}

/** What is wrong about what became of one input; undefined if nothing is. */
function breachOf(
  row: FramingCase,
  talk: Conversation,
  arrived: readonly OriginRequest[],
  behindArrived: boolean,
): string | undefined {
  // It had taken others before: one of them was too much for it.
  if (Number.isNaN(talk.connectedMs)) return "no connection was to be had any more";
  const status = statusOf(talk);
  const good = status >= 200 && status < 300;
  if (row.due === "take") return good ? undefined : `valid, but ${described(talk)}`;
  if (row.endInDoubt && behindArrived) return "the request behind it was run, though where this one ends is in doubt";
  for (const request of arrived) {
    const ambiguity = ambiguityOf(request);
    if (ambiguity !== undefined) return `passed on with ${ambiguity}`;
  }
  return row.due === "refuse" && good ? `it had to be refused, but ${described(talk)}` : undefined;
}

function evidenceOf({ slug, clause }: FramingCase, talk: Conversation, breach: string): Evidence {
  const sent = talk.sent.map(({ text }) => text).join("");
  const from = Math.max(0, sent.indexOf("x-hupspec-id"));
  return {
    kind: "request",
    atMs: talk.sent[0]?.atMs ?? talk.connectedMs,
    text: `${slug}: ${breach} (${clause.startsWith("RFC") ? "" : "RFC 9112, "}${clause}); ${described(talk)}; sent …${JSON.stringify(sent.slice(from, from + 160))}`,
  };
}

function described(talk: Conversation): string {
  const status = statusOf(talk);
  return `${status === 0 ? "not answered" : `answered with ${status}`}, connection ${talk.end === "open" ? "left open" : `ended by ${talk.end}`}`;
}

/** Of the first answer but 1xx; 0 without one. */
function statusOf({ received }: Conversation): number {
  const text = received.map((part) => part.text).join("");
  return Number(/HTTP\/1\.[01] ([2-5]\d\d)/.exec(text)?.[1] ?? 0);
}

function idOf({ sent }: Conversation): string {
  return /x-hupspec-id: (\S+)/.exec(sent.map(({ text }) => text).join(""))?.[1] ?? "";
}

// Fields that Connection names do not reach the application, nor those of an answer the client.
function hopByHopRemoved(history: History): Finding {
  const talks = observationsOf(history, "conversation").filter(({ name }) => name.startsWith("hop/"));
  if (talks.length === 0) return inconclusive("no request with a field for one hop was sent");
  const reached = observationsOf(history, "origin", "framing").flatMap(({ requests }) => requests);
  const faults: Fault[] = [];
  let trials = 0;
  for (const talk of talks) {
    const request = reached.find(({ id }) => id === idOf(talk));
    if (!request || statusOf(talk) !== 200) continue;
    trials += 2;
    const sent = talk.sent.map(({ text }) => text).join("");
    const passed = fieldsNamed(sent).filter((name) => fieldNames(request.head).includes(name));
    if (passed.length > 0)
      faults.push(hopFault(talk, `the application got ${passed.join(", ")} in ${JSON.stringify(request.head)}`));
    const received =
      talk.received
        .map(({ text }) => text)
        .join("")
        .split("\r\n\r\n")[0] ?? "";
    if (fieldNames(received).includes("x-hupspec-hop")) {
      faults.push(hopFault(talk, `the client got x-hupspec-hop, which the answer's Connection named`));
    }
  }
  return decide({
    trials,
    faults,
    expected: "fields that Connection names end at the proxy",
    observed:
      faults.length === 0 ? `none in ${trials} messages` : `${faults.length} of ${trials} messages passed on with them`,
  });
}

function hopFault(talk: Conversation, text: string): Fault {
  return {
    count: 1,
    evidence: { kind: "request", atMs: talk.connectedMs, text: `${talk.name} (${idOf(talk)}): ${text}` },
  };
}

/** In lower case; without the options that are no fields. */
function fieldsNamed(head: string): readonly string[] {
  const values = [...head.matchAll(/^connection:[ \t]*(.*?)[ \t]*\r?$/gim)].map(([, value]) => value ?? "");
  const names = values.flatMap((value) => value.split(",").map((name) => name.trim().toLowerCase()));
  return names.filter((name) => name !== "" && name !== "close");
}

function fieldNames(head: string): readonly string[] {
  return [...head.matchAll(/^([^:\s]+):/gm)].map(([, name]) => (name ?? "").toLowerCase());
}
