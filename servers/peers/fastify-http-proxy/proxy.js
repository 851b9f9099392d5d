/* A reverse proxy on @fastify/http-proxy, as its documentation shows it; TERM ends it as Fastify's shows it. */
import { readFileSync } from "node:fs";
import httpProxy from "@fastify/http-proxy";
import Fastify from "fastify";

const [{ port, upstream }, limits] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file)));
const app = Fastify(limits);
// Below the limit of the upstream.
await app.register(httpProxy, { upstream, undici: { keepAliveTimeout: 1_000 } });
process.on("SIGTERM", () => void app.close());
await app.listen({ port, host: "127.0.0.1" });
