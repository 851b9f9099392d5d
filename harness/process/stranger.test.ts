import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { connectAsStranger } from "./stranger.ts";

test("another user gets to a socket that is open to all, and to no other; who is not root can't tell", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "stranger-"));
  const servers = ["open", "closed"].map(() => createServer((socket) => socket.destroy()));
  const sockets = ["open", "closed"].map((name) => path.join(folder, name));
  try {
    for (const [index, server] of servers.entries()) await once(server.listen(sockets[index]), "listening");
    await chmod(folder, 0o755);
    await chmod(path.join(folder, "open"), 0o666);
    await chmod(path.join(folder, "closed"), 0o600);
    const attempts = await connectAsStranger(sockets, AbortSignal.timeout(10_000));
    if (process.getuid?.() !== 0) expect(attempts).toBeUndefined();
    // Root in a container may not be allowed to become somebody else; then it can't tell either.
    else
      expect([
        undefined,
        [
          { connected: true, text: "connected" },
          { connected: false, text: "EACCES" },
        ],
      ]).toContainEqual(attempts);
  } finally {
    for (const server of servers) server.close();
    await rm(folder, { recursive: true });
  }
});
