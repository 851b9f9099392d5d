import { chmod, chown, lstat, mkdir, rm } from "node:fs/promises";
import type { Server } from "node:http";
import path from "node:path";
import { once } from "node:events";

/** The kernel's limit on the path of a unix socket, its closing zero left out. */
const MAX_PATH_BYTES = 107;

/**
 * Listens on a unix socket that nobody but its owner (and the group `gid`, if given) can reach. The caller holds the lock
 * of the run folder, so what stands at that name is a left-over.
 */
export async function listenPrivately(server: Server, socket: string, gid?: number): Promise<AsyncDisposable> {
  if (Buffer.byteLength(socket) > MAX_PATH_BYTES) {
    throw new Error(`the path of a control socket may have ${MAX_PATH_BYTES} bytes at most: ${socket}`);
  }
  const folder = path.dirname(socket);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid } = await ownFolder(folder);
  await chmod(folder, gid === undefined ? 0o700 : 0o710);
  if (gid !== undefined) await chown(folder, uid, gid);
  await rm(socket, { force: true });
  // Binding takes place within the call, so no other file is made under this mask.
  const mask = process.umask(0o177);
  try {
    server.listen(socket);
  } finally {
    process.umask(mask);
  }
  await once(server, "listening");
  if (gid !== undefined) await chown(socket, uid, gid);
  await chmod(socket, gid === undefined ? 0o600 : 0o660);
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await rm(socket, { force: true });
    },
  };
}

async function ownFolder(folder: string) {
  const facts = await lstat(folder);
  if (!facts.isDirectory() || facts.uid !== process.getuid?.()) {
    throw new Error(`the folder of a control socket has to be a folder of one's own: ${folder}`);
  }
  return facts;
}
