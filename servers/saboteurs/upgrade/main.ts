import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import net from "node:net";
import { parseArgs } from "node:util";

/*
 * A server of one process that can be replaced while it serves.
 *   main.ts --app FILE --port N --pid FILE
 *
 * USR2 starts its successor, which is handed the listener once it has loaded the application; then this one answers what it
 * has accepted and leaves. A successor that does not get that far changes nothing. TERM: the same end without a successor.
 *
 * UPGRADE_FAULT breaks it: `close-first` gives the address up before the successor is started, as a stop and a start do;
 * `stay` never leaves.
 */

/** Connections that nobody uses any more are closed then. */
const DRAIN_MS = 1_000;

const fault = process.env["UPGRADE_FAULT"] ?? "";
const early: NodeJS.Signals[] = [];
let act = (signal: NodeJS.Signals): void => void early.push(signal);
for (const signal of ["SIGUSR2", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => act(signal));

const { values } = parseArgs({
  options: {
    app: { type: "string" },
    port: { type: "string" },
    pid: { type: "string" },
    successor: { type: "boolean" },
  },
});
const { default: handle } = (await import(values.app ?? "")) as { readonly default: RequestListener };

let leaving = false;
const server = createServer((request, response) => {
  if (leaving) response.setHeader("connection", "close");
  handle(request, response);
});
const connections = new Set<net.Socket>();
server.on("connection", (socket) => {
  connections.add(socket);
  socket.once("close", () => connections.delete(socket));
});
let listener: net.Server = server;
let successor: ChildProcess | undefined;

if (values.successor === true && fault !== "close-first") await takeOver();
else await once(server.listen(Number(values.port), "127.0.0.1"), "listening");
writePid(values.pid ?? "");
if (process.connected) {
  process.send?.("serving");
  process.disconnect?.();
}
act = (signal) => {
  if (signal === "SIGTERM") leave();
  if (signal === "SIGUSR2") upgrade();
};
for (const signal of early) act(signal);

/** Tells the predecessor that the application is loaded, and gets the listener for an answer. */
async function takeOver(): Promise<void> {
  const inherited = new Promise<net.Server>((resolve) =>
    process.once("message", (_message, handed) => resolve(handed as net.Server)),
  );
  process.send?.("loaded");
  listener = await inherited;
  listener.on("connection", (socket) => server.emit("connection", socket));
}

function upgrade(): void {
  if (successor || leaving) return;
  if (fault === "close-first") net.Server.prototype.close.call(listener);
  const [main = "", ...args] = process.argv.slice(1).filter((argument) => argument !== "--successor");
  successor = spawn(process.execPath, [main, ...args, "--successor"], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  successor.on("message", (message) => {
    if (message === "loaded") successor?.send("listener", listener, () => undefined);
    if (message === "serving" && fault !== "stay") leave();
  });
  successor.on("error", (error) => process.stderr.write(`${error.message}\n`));
  successor.once("exit", () => (successor = undefined));
}

function leave(): void {
  if (leaving) return;
  leaving = true;
  // Not `server.close()`, which would also end connections on which a request may be on its way.
  net.Server.prototype.close.call(listener);
  setInterval(() => {
    if (connections.size === 0) process.exit(0);
  }, 20);
  setTimeout(() => server.closeIdleConnections(), DRAIN_MS);
}

/** By rename, so that nobody reads half of it. */
function writePid(file: string): void {
  writeFileSync(`${file}.next`, `${process.pid}\n`);
  renameSync(`${file}.next`, file);
}
