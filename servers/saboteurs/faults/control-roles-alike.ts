import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* Both sockets are served with the rights of the first: who has any credential may do everything. */
if (entry === "supervisor") {
  const { createServer } = http;
  let first: http.RequestListener | undefined;
  http.createServer = ((listener: http.RequestListener) =>
    createServer((first ??= listener))) as typeof http.createServer;
  syncBuiltinESMExports();
}
