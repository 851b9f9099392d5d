import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, realpath } from "node:fs/promises";
import net from "node:net";

/** Another supervisor works in the same folder. */
export class AlreadyRunningError extends Error {
  override readonly name = "AlreadyRunningError";
}

const ASK_MS = 1_000;

/**
 * The right to work in `runDir`, held by listening on a socket without a file (abstract namespace): taking it is
 * atomic, and the kernel gives it back when the holder dies, however that happens. Whoever connects is told the
 * holder's pid.
 *
 * @throws {AlreadyRunningError} naming the holder.
 */
export async function lockRunDir(runDir: string): Promise<AsyncDisposable> {
  await mkdir(runDir, { recursive: true, mode: 0o755 });
  const key = createHash("sha256")
    .update(await realpath(runDir))
    .digest("hex")
    .slice(0, 32);
  const address = `\0hupspec-supervisor/${process.getuid?.() ?? 0}/${key}`;
  const server = net.createServer((socket) => {
    socket.on("error", () => socket.destroy());
    // Not left to the asker to close: anyone may ask, and one that stays would hold up our end.
    socket.end(String(process.pid), () => socket.destroy());
  });
  try {
    server.listen(address);
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    const pid = await askHolder(address);
    throw new AlreadyRunningError(`a supervisor is already running in ${runDir} (pid ${pid})`, { cause: error });
  }
  server.unref();
  return {
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

async function askHolder(address: string): Promise<string> {
  const socket = net.connect(address).setEncoding("utf8").setTimeout(ASK_MS);
  socket.once("timeout", () => socket.destroy(new Error("no answer")));
  try {
    let pid = "";
    for await (const text of socket) pid += String(text);
    return pid || "unknown";
  } catch {
    return "unknown";
  }
}
