import type { Socket } from "node:net";

export interface FaultyAnswer {
  readonly socket: Socket;
  /** The connection has carried a request before. */
  readonly reused: boolean;
  /** Fields of a good answer, without framing. */
  readonly fields: string;
  /** The body of a good answer. */
  readonly body: Buffer;
}

/** Undefined if it is done, or fields to add to the good answer that is still due. */
type Misdeed = string | undefined;

/** What a request may ask for by `fault=NAME` in its query. */
const FAULTS: Readonly<Record<string, (answer: FaultyAnswer) => Misdeed>> = {
  /** Without a byte of an answer, on a connection that carried a request before. On a fresh one a good answer is due. */
  "close-reused": ({ socket, reused }) => (reused ? over(() => socket.end()) : ""),
  "reset-reused": ({ socket, reused }) => (reused ? over(() => socket.resetAndDestroy()) : ""),
  /** The same on any connection. */
  close: ({ socket }) => over(() => socket.end()),
  reset: ({ socket }) => over(() => socket.resetAndDestroy()),
  /** A part of the answer's head, then FIN. */
  "half-head": ({ socket }) => over(() => socket.end("HTTP/1.1 200 OK\r\nContent-Ty")),
  /** Half of the body, then FIN or a reset. */
  "cut-length": (answer) => over(() => cut(answer, "length", "fin")),
  "cut-length-reset": (answer) => over(() => cut(answer, "length", "reset")),
  "cut-chunked": (answer) => over(() => cut(answer, "chunked", "fin")),
  "cut-chunked-reset": (answer) => over(() => cut(answer, "chunked", "reset")),
  /** A good answer with a field that Connection names. */
  "hop-by-hop": () => "Connection: x-hupspec-hop\r\nx-hupspec-hop: answer\r\n",
};

/** Time for the half that was sent to be passed on, before a reset may overtake it. */
const BEFORE_RESET_MS = 30;

/** Does what was asked for; for a fault that there is not, nothing. */
export function misbehave(fault: string, answer: FaultyAnswer): Misdeed {
  const act = FAULTS[fault];
  return act ? act(answer) : "";
}

function over(act: () => void): undefined {
  act();
  return undefined;
}

function cut({ socket, fields, body }: FaultyAnswer, framing: "length" | "chunked", end: "fin" | "reset"): void {
  const half = body.subarray(0, Math.ceil(body.length / 2));
  const chunked = framing === "chunked";
  const field = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`;
  socket.write(`HTTP/1.1 200 OK\r\n${fields}${field}\r\n\r\n`, "latin1");
  if (chunked) socket.write(`${half.length.toString(16)}\r\n`, "latin1");
  socket.write(half);
  if (chunked) socket.write("\r\n", "latin1");
  if (end === "fin") socket.end();
  else setTimeout(() => socket.resetAndDestroy(), BEFORE_RESET_MS);
}
