import { tmpdir } from "node:os";
import { runCommand } from "./run-command.ts";

/** What came of connecting to a unix socket as another user. */
export interface StrangerAttempt {
  readonly connected: boolean;
  /** "connected", or why not. */
  readonly text: string;
}

const WITHIN_MS = 5_000;

/**
 * Gives up all that the harness may do as root before it connects: user and group are those that nobody owns anything by. It
 * is a script and not `setpriv`, so that it works where only the owner can run this Node.
 */
const SCRIPT = `
const net = require("node:net");
process.setgroups([]);
process.setgid(65534);
process.setuid(65534);
const attempt = (path) => new Promise((resolve) => {
  const socket = net.connect(path);
  socket.once("connect", () => { socket.destroy(); resolve({ connected: true, text: "connected" }); });
  socket.once("error", (error) => resolve({ connected: false, text: error.code ?? String(error) }));
});
Promise.all(process.argv.slice(1).map(attempt)).then((attempts) => console.log(JSON.stringify(attempts)));
`;

/** Tries to connect to each unix socket as nobody in particular; undefined if the harness may not become somebody else. */
export async function connectAsStranger(
  sockets: readonly string[],
  signal: AbortSignal,
): Promise<readonly StrangerAttempt[] | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const { stdout, error } = await runCommand({
    command: [process.execPath, "-e", SCRIPT, ...sockets],
    cwd: tmpdir(),
    env: {},
    signal,
    withinMs: WITHIN_MS,
  });
  // In a container, root may lack the right to change its user.
  return error === undefined ? (JSON.parse(stdout) as StrangerAttempt[]) : undefined;
}
