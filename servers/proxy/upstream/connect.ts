import net from "node:net";
import type { Address } from "../../stack-file/address.ts";
import { UpstreamConnection, UpstreamError } from "./connection.ts";

export interface ConnectLimits {
  /** For all tries together; 0 means none. */
  readonly connectTimeoutMs: number;
  /** How long refused connections are tried again. */
  readonly connectRetryMs: number;
}

const BACKOFF_MIN_MS = 5;
const BACKOFF_MAX_MS = 100;

/**
 * Opens a connection; `done` is called once, never before this function has returned. Returns what gives it up.
 *
 * A unix socket whose backlog is full says EAGAIN where TCP would wait: that is always tried again.
 */
export function connect(
  address: Address,
  limits: ConnectLimits,
  done: (error: UpstreamError | undefined, connection?: UpstreamConnection) => void,
): () => void {
  const startedMs = performance.now();
  let socket: net.Socket | undefined;
  let again: NodeJS.Timeout | undefined;
  let backoffMs = BACKOFF_MIN_MS;
  let over = false;

  const stop = (): void => {
    over = true;
    clearTimeout(deadline);
    clearTimeout(again);
  };
  const giveUp = (): void => {
    if (over) return;
    stop();
    socket?.destroy();
  };
  const deadline =
    limits.connectTimeoutMs > 0
      ? setTimeout(() => {
          giveUp();
          done(new UpstreamError("connect-timeout", `no connection within ${limits.connectTimeoutMs} ms`));
        }, limits.connectTimeoutMs)
      : undefined;

  const attempt = (): void => {
    const current = net.connect({ ...address, noDelay: true, allowHalfOpen: true });
    socket = current;
    // Stays for good: an error after the deadline must find a listener.
    current.on("error", (cause: NodeJS.ErrnoException) => {
      if (over || socket !== current) return;
      if (mayRetry(cause.code, performance.now() - startedMs, limits)) {
        again = setTimeout(attempt, backoffMs);
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS);
        return;
      }
      stop();
      done(new UpstreamError("connect", `no connection: ${cause.message}`, { cause }));
    });
    current.once("connect", () => {
      if (over) return;
      stop();
      done(undefined, new UpstreamConnection(current));
    });
  };
  attempt();
  return giveUp;
}

function mayRetry(code: string | undefined, elapsedMs: number, limits: ConnectLimits): boolean {
  if (code === "EAGAIN") return limits.connectTimeoutMs > 0;
  return elapsedMs < limits.connectRetryMs && (code === "ECONNREFUSED" || code === "ENOENT" || code === "ECONNRESET");
}
