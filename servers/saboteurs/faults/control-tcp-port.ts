import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* Beside its sockets the control interface listens on a port of the loopback address, for convenience. */
if (entry === "supervisor") {
  const { createServer } = http;
  http.createServer = ((listener: http.RequestListener) => {
    createServer(listener).listen(0, "127.0.0.1").unref();
    return createServer(listener);
  }) as typeof http.createServer;
  syncBuiltinESMExports();
}
