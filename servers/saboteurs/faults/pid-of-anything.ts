import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

const KNOWN = ["node-http", "express", "fastify", "proxy"];

/* Asked for the pid of a program that it does not know, the supervisor tells its own. */
if (entry === "supervisor") {
  const { createServer } = http;
  http.createServer = ((listener: http.RequestListener) =>
    createServer((request, response) => {
      const [, , program = "", verb] = (request.url ?? "").split("/");
      if (verb !== "pid" || KNOWN.includes(program)) return listener(request, response);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ pid: process.pid }));
    })) as typeof http.createServer;
  syncBuiltinESMExports();
}
