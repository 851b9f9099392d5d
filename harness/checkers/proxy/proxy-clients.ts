import type { History } from "../../spec/history.ts";
import type { Conversation } from "../../spec/observation.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { decide, inconclusive, type Fault, unsupported } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { waitedMs } from "../pauses.ts";
import { countRows, culprits, evidenceOf, summarize } from "../request-evidence.ts";

export const proxyClients = { "proxy/slow-clients-bounded": slowClientsBounded };

/** Limits are swept in intervals, and machines are busy: what takes less than this many times the limit is in time. */
const TOLERATED_LIMITS = 2;
const TOLERATED_MS = 1_000;

/** How long a slow client may at most be borne, for a target that says `limitMs`. */
export function slowestEndMs(limitMs: number): number {
  return limitMs * TOLERATED_LIMITS + TOLERATED_MS;
}

// Clients that are slow with their head, with their body or in reading are timed out, and hold nobody else up.
function slowClientsBounded(history: History): Finding {
  const { slowClientMs, budget } = history.target;
  if (slowClientMs === undefined) return unsupported("the target file does not say slowClientMs");
  const talks = observationsOf(history, "conversation").filter(({ name }) => name.startsWith("slow/"));
  const others = history.loads;
  if (talks.length === 0 || others.length === 0) return inconclusive("no slow client met, or nobody beside it");
  const unserved = talks.find(
    ({ name, connectedMs, received }) =>
      Number.isNaN(connectedMs) || (name === "slow/reader" && !/^HTTP\/1\.[01] 200 /.test(received[0]?.text ?? "")),
  );
  if (unserved) return inconclusive(`${unserved.name} never got as far as being slow`);
  const boundMs = slowestEndMs(slowClientMs);
  const late = talks.filter((talk) => !isBounded(history, talk, boundMs));
  const failed = culprits(others, ({ outcome }) => outcome !== "ok");
  const slow = culprits(
    others,
    (row) => row.outcome === "ok" && waitedMs(history, row.intendedMs, row.doneMs) > budget.stallMs,
  );
  const lateFaults = late.map((talk): Fault => ({ count: 1, evidence: lateEvidence(talk, boundMs) }));
  const heldUp = evidenceOf(history, [...failed, ...slow]).map((evidence): Fault => ({ count: 1, evidence }));
  const parts = [
    late.length > 0 ? `not ended in time: ${late.map(({ name }) => name.slice("slow/".length)).join(", ")}` : "",
    failed.length > 0 ? `others meanwhile: ${summarize(failed)}` : "",
    slow.length > 0 ? `${slow.length} requests of others took more than ${budget.stallMs} ms` : "",
  ].filter(Boolean);
  return decide({
    trials: talks.length + countRows(others),
    faults: [...lateFaults, ...heldUp],
    expected: `slow clients gone within ${boundMs} ms (limit ${slowClientMs} ms), all others answered in time`,
    observed:
      parts.length > 0
        ? parts.join("; ")
        : `all of ${talks.length} slow clients ended in time, ${countRows(others)} requests of others answered`,
  });
}

/** A reader that has got all of it after its pause was waited for. */
function isBounded(
  history: History,
  { name, sent, end, endedMs, receivedBytes }: Conversation,
  boundMs: number,
): boolean {
  if (end === "open") return false;
  const [first] = sent;
  const startedMs = first?.atMs ?? 0;
  if (name !== "slow/reader") return waitedMs(history, startedMs, endedMs) <= boundMs;
  const length = Number(/\/bytes\?n=(\d+)/.exec(first?.text ?? "")?.[1] ?? Number.POSITIVE_INFINITY);
  return receivedBytes < length;
}

function lateEvidence({ name, sent, end, endedMs, receivedBytes }: Conversation, boundMs: number): Evidence {
  const startMs = sent[0]?.atMs ?? 0;
  const how = end === "open" ? "still open" : `${end} after ${(endedMs - startMs).toFixed(0)} ms`;
  return {
    kind: "request",
    atMs: startMs,
    text: `${name}: ${how}, expected an end within ${boundMs} ms; ${sent.length} pieces sent, ${receivedBytes} bytes received`,
  };
}
