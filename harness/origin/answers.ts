import { existsSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import type { Socket } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { misbehave } from "./faults.ts";
import type { Reading } from "./request-reader.ts";

/** What an answer depends on besides its request. */
export interface AnswerPlace {
  readonly socket: Socket;
  readonly reused: boolean;
  readonly generation: number;
  /** Folder of the gates. */
  readonly gates: string;
}

const GATE_POLL_MS = 10;
const HOLD_MS = 30_000;
const PIECE = Buffer.from("0123456789abcdef".repeat(4096));

/**
 * Answers as the probe contract says, or misbehaves as the request asks for. Resolves to whether a whole answer was given, once
 * the system has taken it.
 */
export async function answer(reading: Reading, place: AnswerPlace): Promise<boolean> {
  const { socket, generation } = place;
  const { path: route, query } = parse(reading.target);
  if (route === "/hold") await hold(query, place);
  const fields = `x-hupspec-generation: ${generation}\r\nx-hupspec-id: ${reading.id}\r\n`;
  const fault = query.get("fault");
  if (fault !== null) {
    const body =
      route === "/bytes" ? Buffer.concat([...pieces(numberOf(query, "n", 1024))]) : bodyOf(reading, generation);
    const misdeed = misbehave(fault, { ...place, fields, body });
    return misdeed === undefined ? false : send(reading, socket, fields + misdeed, [body], body.length);
  }
  switch (route) {
    case "/bytes": {
      const length = numberOf(query, "n", 1024);
      return send(reading, socket, fields, pieces(length), length);
    }
    case "/stream":
      return stream(socket, fields, numberOf(query, "chunks", 10), numberOf(query, "ms", 100));
    default: {
      const body = bodyOf(reading, generation);
      return send(reading, socket, fields, [body], body.length);
    }
  }
}

/** Whatever came, be it no target at all. */
function parse(target: string): { path: string; query: URLSearchParams } {
  const relative = target.replace(/^https?:\/\/[^/?]*/i, "");
  const [route = "/", query = ""] = relative.split("?", 2);
  return { path: route, query: new URLSearchParams(query) };
}

function bodyOf(reading: Reading, generation: number): Buffer {
  const { id, method, target, bodyBytes, digest } = reading;
  const isDigest = method === "POST" && target.startsWith("/digest");
  const value = isDigest
    ? { length: bodyBytes, sha256: digest.copy().digest("hex") }
    : { app: "origin", generation, worker: 0, id, setting: "blue" };
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

/** @param length of the pieces together. */
async function send(
  reading: Reading,
  socket: Socket,
  fields: string,
  parts: Iterable<Buffer>,
  length: number,
): Promise<boolean> {
  const last = endsConnection(reading.head);
  const connection = last ? "Connection: close\r\n" : "";
  socket.write(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${fields}${connection}Content-Length: ${length}\r\n\r\n`,
    "latin1",
  );
  if (reading.method !== "HEAD") {
    for (const part of parts) {
      if (socket.destroyed) return false;
      if (!socket.write(part)) await drained(socket);
    }
  }
  if (last) socket.end();
  return !socket.destroyed;
}

async function stream(socket: Socket, fields: string, chunks: number, ms: number): Promise<boolean> {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n${fields}Transfer-Encoding: chunked\r\n\r\n`, "latin1");
  for (let index = 1; index <= chunks; index++) {
    if (index > 1) await delay(ms);
    if (socket.destroyed) return false;
    const line = `chunk ${index} of ${chunks}\n`;
    socket.write(`${line.length.toString(16)}\r\n${line}\r\n`, "latin1");
  }
  socket.write("0\r\n\r\n", "latin1");
  return !socket.destroyed;
}

/** Until the gate opens, the time has passed, or there is nobody left to answer. */
async function hold(query: URLSearchParams, { gates, socket }: AnswerPlace): Promise<void> {
  const until = performance.now() + numberOf(query, "ms", HOLD_MS);
  const gate = query.get("gate");
  const isGate = gate !== null && /^[\w-][\w.-]*$/.test(gate);
  if (isGate) writeFileSync(path.join(gates, `${gate}.entered`), "");
  const isOpen = (): boolean => isGate && existsSync(path.join(gates, `${gate}.open`));
  for (
    let left = until - performance.now();
    left > 0 && !isOpen() && !socket.destroyed;
    left = until - performance.now()
  ) {
    await delay(Math.min(GATE_POLL_MS, left));
  }
}

/** The system takes more, or never will. */
async function drained(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  const over = new AbortController();
  const wait = (event: string): Promise<unknown> => once(socket, event, { signal: over.signal }).catch(() => undefined);
  await Promise.race([wait("drain"), wait("close")]);
  over.abort();
}

function endsConnection(head: string): boolean {
  const said = /^connection[ \t]*:[ \t]*(.*)$/im.exec(head)?.[1]?.toLowerCase() ?? "";
  return / HTTP\/1\.0\r?$/m.test(head) ? !said.includes("keep-alive") : said.includes("close");
}

function* pieces(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= PIECE.length) yield left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
}

function numberOf(query: URLSearchParams, name: string, fallback: number): number {
  const value = Number(query.get(name) ?? fallback);
  return Number.isInteger(value) && value >= 0 ? value : fallback;
}
