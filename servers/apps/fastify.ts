import { Readable } from "node:stream";
import fastify, { type FastifyRequest } from "fastify";
import { BadParameter, openProbe, type Query } from "./probe.ts";
import { echoUpgrade } from "./websocket-echo.ts";

/* The probe contract on Fastify 5. */

const probe = await openProbe("fastify", process.env);

export const generation = probe.generation;

const app = fastify({ genReqId: (request) => probe.idOf(request.headers["x-hupspec-id"]), bodyLimit: 1024 ** 3 });
export default app;

app.server.on("upgrade", (request, socket, head: Buffer) => echoUpgrade(probe, request, socket, head));

// Bodies reach the handler as the stream they are.
app.removeAllContentTypeParsers();
app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));

app.addHook("onRequest", async (request, reply) => {
  probe.log.info("received", `${request.method} ${request.url}`, request.id);
  reply.headers(probe.headers(request.id));
});

app.addHook("onResponse", async (request, reply) => {
  probe.log.info("answered", String(reply.statusCode), request.id);
});

app.get("/", async (request) => probe.identity(request.id));

app.get("/hold", async (request) => {
  await probe.hold(queryOf(request));
  return probe.identity(request.id);
});

app.get("/bytes", async (request, reply) => {
  const { length, pieces } = probe.bytes(queryOf(request));
  reply.type("application/octet-stream").header("content-length", length);
  return reply.send(Readable.from(pieces()));
});

app.get("/stream", async (request, reply) => {
  reply.type("text/plain");
  return reply.send(Readable.from(probe.stream(queryOf(request))));
});

app.post("/digest", async (request) => probe.digest(bodyOf(request)));

app.get("/log", async (request) => {
  await probe.writeRecords(queryOf(request), request.id);
  return probe.identity(request.id);
});

app.get("/crash", async (_request, reply) => {
  probe.crash();
  return reply.hijack();
});

app.get("/child", async (request) => {
  probe.child();
  return probe.identity(request.id);
});

app.get("/events", async (request, reply) => {
  reply.type("text/event-stream").header("cache-control", "no-cache");
  return reply.send(Readable.from(probe.events(queryOf(request))));
});

app.setNotFoundHandler(async (_request, reply) => reply.code(404).send({ error: "not found" }));

app.setErrorHandler(async (error, request, reply) => {
  probe.log.error("failed", String(error), request.id);
  return reply.code(error instanceof BadParameter ? error.statusCode : 500).send({ error: String(error) });
});

function queryOf(request: FastifyRequest): Query {
  return request.query as Query;
}

/** Without a body (no Content-Type) Fastify parses nothing: the raw request is the empty stream then. */
function bodyOf(request: FastifyRequest): AsyncIterable<Buffer> {
  return (request.body ?? request.raw) as AsyncIterable<Buffer>;
}
