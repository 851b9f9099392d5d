import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { ConfigFileError } from "../../../config/positioned-yaml.ts";
import type { Supervisor } from "../supervisor.ts";
import { ANSWERED, perform, Refusal } from "./perform.ts";
import { route, type Role } from "./routes.ts";
import { listenPrivately } from "./socket.ts";

/** Both control sockets; the folder of the deploy role's has to be its own where a group may use it. */
export async function serveControl(supervisor: Supervisor, shutdown: () => void): Promise<AsyncDisposable> {
  const { socket, deploy } = supervisor.stack.control;
  const stack = new AsyncDisposableStack();
  try {
    stack.use(await listenPrivately(controlServer("admin", supervisor, shutdown), socket));
    if (deploy) {
      if (deploy.gid !== undefined && dirOf(deploy.socket) === dirOf(socket)) {
        throw new Error("control.deploy.socket needs a folder of its own when control.deploy.gid is given");
      }
      stack.use(await listenPrivately(controlServer("deploy", supervisor, shutdown), deploy.socket, deploy.gid));
    }
    return stack.move();
  } finally {
    await stack.disposeAsync();
  }
}

function dirOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/"));
}

function controlServer(role: Role, supervisor: Supervisor, shutdown: () => void) {
  const server = createServer((request, response) => {
    request.resume();
    answer(role, supervisor, shutdown, request, response).catch((error: unknown) => fail(response, error));
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  return server;
}

async function answer(
  role: Role,
  supervisor: Supervisor,
  shutdown: () => void,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.parse(request.url ?? "/", "http://supervisor");
  const permitted = supervisor.stack.control.deploy?.programs ?? [];
  const seen = (name: string) =>
    supervisor.program(name) !== undefined && (role === "admin" || permitted.includes(name));
  const routed = route(role, request.method ?? "", url?.pathname ?? "", seen);
  if (routed.kind === "refused") {
    reply(response, routed.status, { error: routed.reason });
    return;
  }
  const query = url?.searchParams ?? new URLSearchParams();
  const result = await perform(supervisor, routed.command, { query, seen, shutdown, response });
  if (result !== ANSWERED) reply(response, 200, result);
}

function fail(response: ServerResponse, error: unknown): void {
  if (error instanceof Refusal) reply(response, error.status, { error: error.message });
  else if (error instanceof ConfigFileError) reply(response, 422, { error: error.message, problems: error.problems });
  else reply(response, 500, { error: error instanceof Error ? error.message : String(error) });
}

function reply(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    connection: "close",
  });
  response.end(text);
}
