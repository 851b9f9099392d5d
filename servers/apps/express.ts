import type { IncomingMessage } from "node:http";
import { Readable, type Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import express, { type NextFunction, type Request, type Response } from "express";
import { BadParameter, openProbe } from "./probe.ts";
import { echoUpgrade } from "./websocket-echo.ts";

/* The probe contract on Express 5. */

const probe = await openProbe("express", process.env);

export const generation = probe.generation;

export function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  echoUpgrade(probe, request, socket, head);
}

const app = express();
export default app;

app.disable("x-powered-by");
app.disable("etag");

app.use((request, response, next) => {
  const id = probe.idOf(request.headers["x-hupspec-id"]);
  response.locals["id"] = id;
  probe.log.info("received", `${request.method} ${request.originalUrl}`, id);
  response.once("finish", () => probe.log.info("answered", String(response.statusCode), id));
  response.set(probe.headers(id));
  next();
});

app.get("/", identity);

app.get("/hold", async (request, response) => {
  await probe.hold(request.query);
  identity(request, response);
});

app.get("/bytes", async (request, response) => {
  const { length, pieces } = probe.bytes(request.query);
  response.type("application/octet-stream").set("content-length", String(length));
  await pipeline(Readable.from(pieces()), response);
});

app.get("/stream", async (request, response) => {
  response.type("text/plain");
  await pipeline(Readable.from(probe.stream(request.query)), response);
});

app.post("/digest", async (request, response) => {
  response.json(await probe.digest(request));
});

app.get("/log", async (request, response) => {
  await probe.writeRecords(request.query, idOf(response));
  identity(request, response);
});

app.get("/crash", () => probe.crash());

app.get("/child", (request, response) => {
  probe.child();
  identity(request, response);
});

app.get("/events", async (request, response) => {
  response.type("text/event-stream").set("cache-control", "no-cache");
  await pipeline(Readable.from(probe.events(request.query)), response);
});

app.use((_request, response) => {
  response.status(404).json({ error: "not found" });
});

app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
  probe.log.error("failed", String(error), idOf(response));
  if (response.headersSent) response.destroy();
  else response.status(error instanceof BadParameter ? error.statusCode : 500).json({ error: String(error) });
});

function identity(_request: Request, response: Response): void {
  response.json(probe.identity(idOf(response)));
}

function idOf(response: Response): string {
  return String(response.locals["id"]);
}
