import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Duplex } from "node:stream";
import { BadParameter, openProbe, type Query } from "./probe.ts";
import { echoUpgrade } from "./websocket-echo.ts";

/* The probe contract on `node:http` alone. */

const probe = await openProbe("node-http", process.env);

export const generation = probe.generation;

type Route = (query: Query, id: string, request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

export default function listener(request: IncomingMessage, response: ServerResponse): void {
  const id = probe.idOf(request.headers["x-hupspec-id"]);
  probe.log.info("received", `${request.method} ${request.url}`, id);
  response.once("finish", () => probe.log.info("answered", String(response.statusCode), id));
  for (const [name, value] of Object.entries(probe.headers(id))) response.setHeader(name, value);
  const url = new URL(request.url ?? "/", "http://localhost");
  const route = routes[`${request.method === "HEAD" ? "GET" : request.method} ${url.pathname}`];
  if (!route) return json(response, { error: "not found" }, 404);
  answer(route, Object.fromEntries(url.searchParams), id, request, response).catch((error: unknown) => {
    probe.log.error("failed", String(error), id);
    // Too late for a status: a torn connection tells the client that the answer is not whole.
    if (response.headersSent) response.destroy();
    else json(response, { error: String(error) }, error instanceof BadParameter ? error.statusCode : 500);
  });
}

export function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  echoUpgrade(probe, request, socket, head);
}

const routes: Readonly<Record<string, Route>> = {
  "GET /": (_query, id, _request, response) => json(response, probe.identity(id)),
  "GET /hold": async (query, id, _request, response) => {
    await probe.hold(query);
    json(response, probe.identity(id));
  },
  "GET /bytes": async (query, _id, _request, response) => {
    const { length, pieces } = probe.bytes(query);
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": length });
    await pipeline(Readable.from(pieces()), response);
  },
  "GET /stream": async (query, _id, _request, response) => {
    response.writeHead(200, { "content-type": "text/plain" });
    await pipeline(Readable.from(probe.stream(query)), response);
  },
  "POST /digest": async (_query, _id, request, response) => json(response, await probe.digest(request)),
  "GET /log": async (query, id, _request, response) => {
    await probe.writeRecords(query, id);
    json(response, probe.identity(id));
  },
  "GET /crash": () => probe.crash(),
  "GET /child": (_query, id, _request, response) => {
    probe.child();
    json(response, probe.identity(id));
  },
  "GET /events": async (query, _id, _request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    await pipeline(Readable.from(probe.events(query)), response);
  },
};

async function answer(route: Route, ...given: Parameters<Route>): Promise<void> {
  await route(...given);
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}
