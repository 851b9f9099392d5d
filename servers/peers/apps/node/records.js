import { randomUUID } from "node:crypto";
import process from "node:process";

const SUM_BYTES = ',"sum":"00000000"}\n'.length;

// Without a listener, EPIPE from a pipe that nobody reads any more would end the process.
process.stderr.on("error", () => {});

/** Log records of the probe contract by `console.error`, which writes at once into a file, and in its own time into a pipe. */
export class Records {
  #app;
  #generation;
  #writer = `${process.pid}-${randomUUID()}`;
  #seq = 0;

  constructor(app, generation) {
    this.#app = app;
    this.#generation = generation;
  }

  /** @param size of the whole line in bytes, newline included; as long as it has to be if 0. */
  write(event, id, msg, size = 0) {
    const origin = { app: this.#app, pid: process.pid, generation: this.#generation };
    const place = { writer: this.#writer, seq: this.#seq++, ...(id !== "" && { id }) };
    const fields = { time: new Date().toISOString(), level: "info", ...origin, ...place, event };
    const missing = size - SUM_BYTES - Buffer.byteLength(JSON.stringify({ ...fields, msg })) + 1;
    const line = JSON.stringify({ ...fields, msg: msg + filler(Math.max(0, missing)) }).slice(0, -1);
    console.error(`${line},"sum":"${crc32(Buffer.from(line)).toString(16).padStart(8, "0")}"}`);
  }
}

/** Text of exactly `size` bytes in UTF-8, most of it in characters of two, three and four bytes. */
function filler(size) {
  const unit = "é漢😀 ";
  const bytes = Buffer.byteLength(unit);
  return unit.repeat(Math.floor(size / bytes)) + ".".repeat(size % bytes);
}

/** `zlib.crc32` came with Node 20.15; Debian's is older. */
function crc32(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 0xff] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});
