import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { OriginRequest } from "../spec/observation.ts";
import { answer } from "./answers.ts";
import { RequestReader, type Reading } from "./request-reader.ts";

/**
 * The server that the suite itself runs behind a proxy: it answers the probe contract, misbehaves where a request asks for it
 * (`faults.ts`), and remembers what reached it. Its generation is its address, 127.0.0.GENERATION, so that the new configuration of
 * any proxy whatever can be told from the old one: by the upstream that it names.
 */
export interface Origin extends AsyncDisposable {
  readonly idleMs: number | undefined;
  /** Serves a further generation; those before it go on. */
  listen(generation: number): Promise<void>;
  /** Refuses all connections, and ends those that there are, until `work` has ended. */
  away(work: () => Promise<void>): Promise<void>;
  /** What reached it since the last look; instants are of `performance.now()`. */
  look(): { readonly requests: readonly OriginRequest[]; readonly idledOut: number };
}

export interface OriginPlan {
  readonly port: number;
  /** Folder of the gates. */
  readonly gates: string;
  /** How long a connection may lie idle; for ever if absent. */
  readonly idleMs?: number;
}

/**
 * Between the end of the idle limit and the FIN: what arrives meanwhile is met by a reset, as when request and FIN cross on a
 * network that takes half as long one way. On loopback alone the two would almost never meet.
 */
const CROSSING_MS = 60;

/** Requests remembered; a load that nobody asks about must not fill the memory. */
const MAX_REMEMBERED = 5_000;

interface Memory {
  requests: {
    reading: Reading;
    readonly place: Pick<OriginRequest, "connection" | "ordinal">;
    fate: OriginRequest["fate"];
  }[];
  idledOut: number;
  connections: number;
}

/** @throws {Error} if the port can't be had. */
export async function startOrigin(plan: OriginPlan): Promise<Origin> {
  const memory: Memory = { requests: [], idledOut: 0, connections: 0 };
  const servers = new Map<number, Server>();
  const sockets = new Set<Socket>();
  const open = async (generation: number): Promise<void> => {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      serve(socket, generation, plan, memory);
    });
    server.listen({ host: `127.0.0.${generation}`, port: plan.port, backlog: 1024 });
    await once(server, "listening");
    servers.set(generation, server);
  };
  const close = async (): Promise<void> => {
    const closed = [...servers.values()].map((server) => once(server, "close"));
    for (const server of servers.values()) server.close();
    for (const socket of sockets) socket.destroy();
    await Promise.all(closed);
  };
  await open(1);
  return {
    idleMs: plan.idleMs,
    listen: open,
    async away(work) {
      const generations = [...servers.keys()];
      await close();
      servers.clear();
      try {
        await work();
      } finally {
        for (const generation of generations) await open(generation);
      }
    },
    look() {
      const { requests, idledOut } = memory;
      Object.assign(memory, { requests: [], idledOut: 0 });
      return {
        idledOut,
        requests: requests.map(({ reading, place, fate }) => {
          const { atMs, id, head, body, bodyBytes, whole } = reading;
          return { ...place, atMs, id, head, body, bodyBytes, whole, fate };
        }),
      };
    },
    [Symbol.asyncDispose]: close,
  };
}

/** One connection: its requests are answered in their order, whatever is pipelined. */
function serve(socket: Socket, generation: number, { gates, idleMs }: OriginPlan, memory: Memory): void {
  const connection = memory.connections++;
  let ordinal = 0;
  let busy: Promise<void> = Promise.resolve();
  let inWork = 0;
  let idle: NodeJS.Timeout | undefined;
  let closing = false;
  const entries = new Map<Reading, Memory["requests"][number]>();
  const rest = (): void => {
    if (idleMs === undefined || inWork > 0 || socket.destroyed) return;
    idle = setTimeout(() => {
      closing = true;
      idle = setTimeout(() => {
        memory.idledOut++;
        socket.end();
      }, CROSSING_MS);
    }, idleMs);
  };
  const reader = new RequestReader({
    begun(reading) {
      const entry = { reading, place: { connection, ordinal: ++ordinal }, fate: "pending" as const };
      entries.set(reading, entry);
      memory.requests.push(entry);
      if (memory.requests.length > MAX_REMEMBERED) memory.requests.shift();
    },
    whole(reading) {
      const entry = entries.get(reading);
      entries.delete(reading);
      const reused = (entry?.place.ordinal ?? 1) > 1;
      inWork++;
      busy = busy.then(async () => {
        const answered = await answer(reading, { socket, reused, generation, gates });
        if (entry) entry.fate = answered ? "answered" : "closed";
        inWork--;
        rest();
      });
    },
  });
  socket.on("data", (chunk: Buffer) => {
    clearTimeout(idle);
    reader.push(chunk);
    if (!closing) return;
    for (const entry of entries.values()) entry.fate = "closed";
    socket.resetAndDestroy();
  });
  // The peer may half-close and still want its answer.
  socket.once("end", () => void busy.then(() => socket.end()));
  // Whoever breaks a connection is part of the game; `close` follows.
  socket.on("error", () => socket.destroy());
  socket.once("close", () => clearTimeout(idle));
}
