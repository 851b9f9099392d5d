import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

// A plain node:http server in a process of its own: the contract's `/`, and no more work than that.
const server = createServer((request, response) => {
  const id = String(request.headers["x-hupspec-id"] ?? "");
  const body = JSON.stringify({ app: "bench", generation: 1, worker: process.pid, id, setting: "blue" });
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "x-hupspec-generation": "1",
    "x-hupspec-worker": String(process.pid),
    "x-hupspec-id": id,
  });
  response.end(body);
});

server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit(0));
