import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { Records } from "./records.js";

/* The probe contract, version 1, as a request listener of `node:http`; whoever imports it brings the server. */

const GATE_POLL_MS = 10;
const BLOCK = Buffer.from("0123456789abcdef".repeat(4096));

// Beside this file, wherever it was loaded from: code of an old release must not pass for the new one.
const release = JSON.parse(readFileSync(path.join(import.meta.dirname, "release.json"), "utf8"));
await boot(release.boot ?? {});
const { generation, setting = "" } = release;
const gates = process.env.HUPSPEC_GATES ?? "gates";
const records = new Records("node", generation);

export default async function listener(request, response) {
  const id = request.headers["x-hupspec-id"] ?? "";
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  const title = `${request.method} ${pathname}`;
  records.write("received", id, title);
  response.once("finish", () => records.write("answered", id, `${title} ${response.statusCode}`));
  response.setHeader("x-hupspec-generation", generation);
  response.setHeader("x-hupspec-worker", process.pid);
  response.setHeader("x-hupspec-id", id);
  try {
    await (routes[title] ?? notFound)({ id, request, response, query: Object.fromEntries(searchParams) });
  } catch (error) {
    // Too late for a status: a torn connection tells the client that the answer is not whole.
    if (response.headersSent) response.destroy(error);
    else send(response, 500, "text/plain", `${String(error)}\n`);
  }
}

const whoami = ({ id, response }) => json(response, { app: "node", generation, worker: process.pid, id, setting });

const routes = {
  "GET /": whoami,
  "GET /hold": async (call) => {
    const gate = path.join(gates, path.basename(call.query.gate));
    const deadline = performance.now() + Number(call.query.ms ?? 10_000);
    writeFileSync(`${gate}.entered`, "");
    while (!existsSync(`${gate}.open`) && performance.now() < deadline) await delay(GATE_POLL_MS);
    whoami(call);
  },
  "GET /bytes": ({ query, response }) => {
    response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Length": query.n });
    return pipeline(Readable.from(blocks(Number(query.n))), response);
  },
  "GET /stream": ({ query, response }) => {
    response.writeHead(200, { "Content-Type": "text/plain" });
    return pipeline(Readable.from(lines(Number(query.chunks), Number(query.ms ?? 0))), response);
  },
  "POST /digest": async ({ request, response }) => {
    const sha256 = createHash("sha256");
    let length = 0;
    for await (const block of request) {
      sha256.update(block);
      length += block.length;
    }
    json(response, { length, sha256: sha256.digest("hex") });
  },
  "GET /log": async (call) => {
    for (let left = Number(call.query.records); left > 0; left--) {
      records.write("record", call.id, "", Number(call.query.bytes));
      // Others have their turn.
      if (left % 50 === 0) await turn();
    }
    whoami(call);
  },
  "GET /crash": () => process.kill(process.pid, "SIGKILL"),
  "GET /child": (call) => {
    spawn("sleep", ["300"], { stdio: "ignore" }).unref();
    whoami(call);
  },
  "GET /events": ({ query, response }) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    // Ends with an error when the client leaves, which is how it ends.
    return pipeline(Readable.from(events(Number(query.ms ?? 1000))), response).catch(() => undefined);
  },
};

const notFound = ({ response }) => send(response, 404, "text/plain", "no such page\n");

const json = (response, value) => send(response, 200, "application/json", JSON.stringify(value));

function send(response, status, type, body) {
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(body) }).end(body);
}

function* blocks(left) {
  for (; left > 0; left -= BLOCK.length) yield BLOCK.subarray(0, left);
}

async function* lines(chunks, ms) {
  for (let index = 1; index <= chunks; index++) {
    if (index > 1) await delay(ms);
    yield `chunk ${index} of ${chunks}\n`;
  }
}

async function* events(ms) {
  for (let index = 0; ; index++) {
    yield `id: ${index}\ndata: ${JSON.stringify({ generation, index })}\n\n`;
    await delay(ms);
  }
}

/** Loads well, badly, late or never, as the release says. */
async function boot({ mode, delayMs = 0 }) {
  if (mode === "fail") throw new Error("this release fails to load, as release.json asks for");
  if (mode === "hang") await delay(2 ** 31 - 1);
  if (mode === "delay") await delay(delayMs);
}
