/*
 * Both ends of what master and worker say to each other over the IPC channel. The end of the channel is a message too:
 * a worker whose master is gone leaves.
 */

/** What a worker needs to know to serve; its one argument, as JSON. */
export interface WorkerOrders {
  /** Absolute path of the module to serve. */
  readonly app: string;
  /** The bound, not yet listening socket that the worker inherits. */
  readonly listenFd: number;
  readonly backlog: number;
  readonly gracefulTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly beatEveryMs: number;
  /** 0 for no limit. */
  readonly maxRequests: number;
}

/**
 * `listen`: accept from now on. `stand-in`: accept from the socket sent along as well, whose place it is told; `stand-back`: no
 * longer. `drain`: finish what was begun, then exit. `quit`: exit now.
 */
export type ToWorker =
  | { readonly kind: "listen" | "drain" | "quit" }
  | { readonly kind: "stand-in" | "stand-back"; readonly place: number };

export type FromWorker =
  | { readonly kind: "loaded"; readonly generation?: number }
  | { readonly kind: "ready" | "beat" }
  /** Told to drain, it accepts nothing any more; what it has accepted it still answers. */
  | { readonly kind: "closed" }
  | { readonly kind: "retire"; readonly reason: string }
  /** The drain's time was up: connections closed without, and with, a request in flight. */
  | { readonly kind: "cut"; readonly idle: number; readonly busy: number };

export function readToWorker(message: unknown): ToWorker | undefined {
  const kind = kindOf(message);
  if (kind === "listen" || kind === "drain" || kind === "quit") return { kind };
  if (kind !== "stand-in" && kind !== "stand-back") return undefined;
  return { kind, place: Number((message as { readonly place: unknown }).place) };
}

/** Undefined for what an application sends on its own account. */
export function readFromWorker(message: unknown): FromWorker | undefined {
  const fields = message as Record<string, unknown>;
  switch (kindOf(message)) {
    case "ready":
      return { kind: "ready" };
    case "beat":
      return { kind: "beat" };
    case "closed":
      return { kind: "closed" };
    case "loaded":
      return typeof fields["generation"] === "number"
        ? { kind: "loaded", generation: fields["generation"] }
        : { kind: "loaded" };
    case "retire":
      return { kind: "retire", reason: String(fields["reason"]) };
    case "cut":
      return { kind: "cut", idle: Number(fields["idle"]), busy: Number(fields["busy"]) };
    default:
      return undefined;
  }
}

function kindOf(message: unknown): unknown {
  return typeof message === "object" && message !== null && "kind" in message ? message.kind : undefined;
}
