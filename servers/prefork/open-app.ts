import { createServer, Server, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { pathToFileURL } from "node:url";

export interface OpenApp {
  /** Not listening yet. */
  readonly server: Server;
  /** The module's export of that name, if it has one. */
  readonly generation?: number;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Loads the module and makes a server of its default export: an `http.Server`, a request listener (an Express app is
 * one), an object with a `handle` function, or a Fastify instance. A named export `upgrade` gets the server's upgrades.
 *
 * @throws {Error} if the export is none of these; what the module throws comes through.
 */
export async function openApp(file: string): Promise<OpenApp> {
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const server = await serverOf(module["default"], file);
  if (server.listening) throw new Error(`${file}: expected a server that does not listen yet`);
  const { upgrade, generation } = module;
  if (typeof upgrade === "function") {
    server.on(
      "upgrade",
      (...given: [IncomingMessage, Duplex, Buffer]) => void Reflect.apply(upgrade, undefined, given),
    );
  }
  return { server, ...(typeof generation === "number" && { generation }) };
}

async function serverOf(exported: unknown, file: string): Promise<Server> {
  if (exported instanceof Server) return exported;
  if (typeof exported === "object" && exported !== null) {
    const { routing, ready, handle, server } = exported as Record<string, unknown>;
    if (typeof routing === "function" && typeof ready === "function") {
      await Reflect.apply(ready, exported, []);
      return server instanceof Server ? server : createServer(routing as Listener);
    }
    if (typeof handle === "function") return createServer((...given) => void Reflect.apply(handle, exported, given));
  }
  if (typeof exported === "function") return createServer(exported as Listener);
  throw new Error(
    `${file}: expected the default export to be a request listener, an http.Server, or an app with "handle" or "routing"`,
  );
}
