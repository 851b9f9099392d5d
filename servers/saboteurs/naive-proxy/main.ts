import { readFileSync } from "node:fs";
import http, { type IncomingMessage, type ServerResponse } from "node:http";

/*
 * A reverse proxy as it is written in an afternoon: `main.ts CONFIG PORT`. It has all the usual faults: no second try on a stale
 * connection, a pool without limits, half an answer ended like a whole one, fields passed on as they came, no limits for slow
 * clients, and a reload that closes whatever is open. NAIVE_PROXY adds less usual ones, separated by commas:
 * `replays` whatever was not answered, `marks-down` an upstream that failed once, `lenient` with the parser's strictness off.
 */

const [configFile = "", port = ""] = process.argv.slice(2);
const extra = new Set((process.env["NAIVE_PROXY"] ?? "").split(","));
const MARKED_DOWN_MS = 2_000;

const agent = new http.Agent({ keepAlive: true });
let config = readConfig();
let downUntilMs = 0;

const server = http.createServer({ insecureHTTPParser: extra.has("lenient"), requireHostHeader: false }, relay);
server.listen(Number(port), "127.0.0.1");

process.on("SIGHUP", () => {
  server.close();
  // Else it would take until the last client has left.
  server.closeAllConnections();
  config = readConfig();
  server.listen(Number(port), "127.0.0.1");
});
process.on("SIGTERM", () => process.exit(0));

function readConfig(): { host: string; port: number } {
  return JSON.parse(readFileSync(configFile, "utf8")) as { host: string; port: number };
}

function relay(request: IncomingMessage, response: ServerResponse): void {
  if (performance.now() < downUntilMs) {
    fail(response, 503);
    return;
  }
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => send(request, Buffer.concat(chunks), response, extra.has("replays") ? 1 : 0));
  request.on("error", () => response.destroy());
}

function send(request: IncomingMessage, body: Buffer, response: ServerResponse, triesLeft: number): void {
  const upstream = ask(request);
  if (!upstream) {
    fail(response, 400);
    return;
  }
  upstream.on("response", (answer) => {
    // The length may change, should somebody want to rewrite the body.
    delete answer.headers["content-length"];
    delete answer.headers.connection;
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
    answer.on("error", () => response.end());
  });
  upstream.on("error", () => {
    if (extra.has("marks-down")) downUntilMs = performance.now() + MARKED_DOWN_MS;
    if (response.headersSent) return;
    if (triesLeft > 0) send(request, body, response, triesLeft - 1);
    else fail(response, 502);
  });
  upstream.end(body);
}

/** Undefined if there is something in it that even the client refuses to send. */
function ask({ method, url, rawHeaders }: IncomingMessage): http.ClientRequest | undefined {
  try {
    return http.request({ ...config, agent, method, path: url, headers: forwarded(rawHeaders) });
  } catch {
    return undefined;
  }
}

/** All but Connection, which would end the pooled connection. */
function forwarded(rawHeaders: readonly string[]): string[] {
  return rawHeaders.flatMap((name, index) =>
    index % 2 === 0 && name.toLowerCase() !== "connection" ? [name, rawHeaders[index + 1] ?? ""] : [],
  );
}

function fail(response: ServerResponse, status: number): void {
  response.writeHead(status).end("the upstream failed\n");
}
