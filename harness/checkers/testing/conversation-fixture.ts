import type { Conversation, ExchangeSeen } from "../../spec/observation.ts";
import type { LedgerRow } from "../../spec/history.ts";
import { rowOf } from "./history-fixture.ts";

/** A connection that was open to the end of the scenario, on which nothing was said. */
export function conversation(facts: Partial<Conversation> = {}): Conversation {
  const received = facts.received ?? [];
  return {
    kind: "conversation",
    name: "talk",
    at: "front",
    connectedMs: 500,
    sent: [],
    received,
    receivedBytes: received.reduce((sum, { text }) => sum + text.length, 0),
    end: "open",
    endedMs: Number.NaN,
    ...facts,
  };
}

/** An answer of the probe contract as it stands on the wire. */
export function rawAnswer({ id = "x", generation = 1, worker = 100, close = false } = {}): string {
  const body = JSON.stringify({ id, generation, worker });
  return (
    `HTTP/1.1 200 OK\r\nx-hupspec-id: ${id}\r\nx-hupspec-generation: ${generation}\r\nx-hupspec-worker: ${worker}\r\n` +
    `${close ? "Connection: close\r\n" : ""}Content-Length: ${body.length}\r\n\r\n${body}`
  );
}

export function exchangeSeen(row: Partial<LedgerRow>, facts: Partial<ExchangeSeen> = {}): ExchangeSeen {
  return { kind: "exchange", name: "fresh-front", door: "front", row: rowOf(row), body: "", ...facts };
}
