import { Socket } from "node:net";
import { Readable } from "node:stream";
import { entry } from "../entry.ts";

/* What a worker writes is decoded chunk by chunk: a character that is cut by a chunk's end is none any more. */
if (entry === "prefork-master") {
  const push = Reflect.get(Readable.prototype, "push") as (...given: readonly unknown[]) => boolean;
  Socket.prototype.push = function pushText(this: Socket, chunk: unknown, encoding?: BufferEncoding) {
    return Reflect.apply(push, this, [Buffer.isBuffer(chunk) ? Buffer.from(chunk.toString()) : chunk, encoding]);
  };
}
