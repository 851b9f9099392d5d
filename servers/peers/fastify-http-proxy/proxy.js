/* A reverse proxy on @fastify/http-proxy, as its documentation shows it; TERM ends it as Fastify's shows it. */
import { readFileSync } from "node:fs";
import httpProxy from "@fastify/http-proxy";
import Fastify from "fastify";

const [{ port, upstream }, limits] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file)));
const app = Fastify(limits);
await app.register(httpProxy, { upstream });
process.on("SIGTERM", () => void app.close());
await app.listen({ port, host: "127.0.0.1" });
