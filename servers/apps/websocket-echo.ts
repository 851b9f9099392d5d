import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Probe } from "./probe.ts";

/*
 * A WebSocket echo after RFC 6455, enough for the probe contract: no extensions, no subprotocols. Frames are sent back
 * one by one with their own FIN bit and opcode, so fragmented messages need no buffer.
 */

const HANDSHAKE_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const LARGEST_FRAME_BYTES = 1024 ** 2;
const CLOSE_WAIT_MS = 1000;

const OPCODE = { close: 8, ping: 9, pong: 10 } as const;
const STATUS = { goingAway: 1001, protocolError: 1002, tooBig: 1009 } as const;

/** Answers `GET /ws`; any other upgrade is refused with 404. */
export function echoUpgrade(probe: Probe, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const id = probe.idOf(request.headers["x-hupspec-id"]);
  const key = request.headers["sec-websocket-key"];
  socket.on("error", () => socket.destroy());
  probe.log.info("received", `${request.method} ${request.url}`, id);
  if (new URL(request.url ?? "/", "http://localhost").pathname !== "/ws" || key === undefined) {
    socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    return;
  }
  const accept = createHash("sha1").update(`${key}${HANDSHAKE_GUID}`).digest("base64");
  const fields = Object.entries(probe.headers(id)).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${fields.join("")}\r\n`,
  );
  echo(probe, socket, head);
  socket.once("close", () => probe.log.info("answered", "101", id));
}

function echo(probe: Probe, socket: Duplex, head: Buffer): void {
  let buffered = head;
  let closing = false;
  const close = (status: number): void => {
    if (closing) return;
    closing = true;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(status);
    socket.write(frame(0x80 | OPCODE.close, payload));
    setTimeout(() => socket.destroy(), CLOSE_WAIT_MS).unref();
  };
  const leave = (): void => close(STATUS.goingAway);
  probe.closing.addEventListener("abort", leave);
  socket.once("close", () => probe.closing.removeEventListener("abort", leave));
  socket.on("end", () => socket.end());
  const take = (): void => {
    for (let next = readFrame(buffered); next !== "incomplete"; next = readFrame(buffered)) {
      if (typeof next === "number") return close(next);
      buffered = buffered.subarray(next.size);
      const opcode = next.first & 0x0f;
      if (opcode === OPCODE.close) {
        if (!closing) socket.write(frame(next.first, next.payload));
        closing = true;
        return void socket.end();
      }
      if (opcode === OPCODE.ping) socket.write(frame(0x80 | OPCODE.pong, next.payload));
      else if (opcode !== OPCODE.pong && !closing) socket.write(frame(next.first, next.payload));
    }
  };
  socket.on("data", (chunk: Buffer) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    take();
  });
  take();
}

interface Frame {
  readonly first: number;
  readonly payload: Buffer;
  /** Bytes of the whole frame. */
  readonly size: number;
}

/** The first frame of the buffer; a number is the status to close with (RFC 6455 section 7.4.1). */
function readFrame(buffer: Buffer): Frame | "incomplete" | number {
  if (buffer.length < 2) return "incomplete";
  const [first = 0, second = 0] = buffer;
  // A client must mask (5.1), and reserved bits have no meaning without an extension (5.2).
  if ((second & 0x80) === 0 || (first & 0x70) !== 0) return STATUS.protocolError;
  const short = second & 0x7f;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  const start = 2 + lengthBytes + 4;
  if (buffer.length < start) return "incomplete";
  const length =
    lengthBytes === 0 ? short : lengthBytes === 2 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
  if (length > LARGEST_FRAME_BYTES) return STATUS.tooBig;
  if (buffer.length < start + length) return "incomplete";
  const mask = buffer.subarray(start - 4, start);
  const payload = Buffer.from(buffer.subarray(start, start + length));
  for (let index = 0; index < length; index++) payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
  return { first, payload, size: start + length };
}

function frame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([first, length]), payload]);
  const long = length > 0xffff;
  const header = Buffer.alloc(long ? 10 : 4);
  header[0] = first;
  header[1] = long ? 127 : 126;
  if (long) header.writeBigUInt64BE(BigInt(length), 2);
  else header.writeUInt16BE(length, 2);
  return Buffer.concat([header, payload]);
}
