/* A reverse proxy on http-proxy-3, as its documentation shows it; TERM ends it as Node's shows it: no more connections, then the end. */
import { readFileSync } from "node:fs";
import http from "node:http";
import { createProxyServer } from "http-proxy-3";

const [{ port, target }, { server: limits, timeout }] = process.argv
  .slice(2)
  .map((file) => JSON.parse(readFileSync(file)));
const proxy = createProxyServer({ target, timeout });
proxy.on("error", (error, _request, response) => {
  console.error(error.message);
  if (response.headersSent) response.destroy();
  else response.writeHead(502).end();
});
const server = http.createServer(limits, (request, response) => {
  proxy.web(request, response);
});
process.on("SIGTERM", () => server.close());
server.listen(port, "127.0.0.1");
