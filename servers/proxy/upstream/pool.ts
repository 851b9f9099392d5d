import type { UpstreamConnection } from "./connection.ts";

export interface PoolLimits {
  /** Idle connections kept. */
  readonly poolSize: number;
  readonly poolIdleMs: number;
}

/** An upstream that announces its own limit is left this much earlier, so that its FIN never crosses a request. */
const MARGIN_MS = 1_000;

/** Idle connections to one upstream, the most recently used first. Nothing marks an upstream as down. */
export class Pool {
  limits: PoolLimits;
  #idle: UpstreamConnection[] = [];
  #retired = false;
  #sweep: NodeJS.Timeout | undefined;

  constructor(limits: PoolLimits) {
    this.limits = limits;
  }

  /** An idle connection that is alive as far as anyone here knows. */
  take(): UpstreamConnection | undefined {
    const nowMs = performance.now();
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      connection.onGone = undefined;
      if (!connection.gone && nowMs - connection.idleSinceMs < this.#limitOf(connection)) return connection;
      connection.destroy();
    }
    return undefined;
  }

  /** Takes a connection back after a complete exchange, or closes it. */
  give(connection: UpstreamConnection): void {
    connection.idleSinceMs = performance.now();
    if (
      this.#retired ||
      !connection.reusable ||
      this.#idle.length >= this.limits.poolSize ||
      this.#limitOf(connection) <= 0
    ) {
      connection.destroy();
      return;
    }
    connection.onGone = () => {
      this.#idle = this.#idle.filter((other) => other !== connection);
    };
    connection.socket.resume();
    this.#idle.push(connection);
    this.#sweep ??= setInterval(
      () => this.#closeStale(),
      Math.max(50, Math.min(1_000, this.limits.poolIdleMs / 4)),
    ).unref();
  }

  /** Closes what is idle now and what comes back later. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
    clearInterval(this.#sweep);
  }

  #closeStale(): void {
    const nowMs = performance.now();
    // Each that goes takes itself off the list.
    const stale = this.#idle.filter((connection) => nowMs - connection.idleSinceMs >= this.#limitOf(connection));
    for (const connection of stale) connection.destroy();
    if (this.#idle.length > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #limitOf(connection: UpstreamConnection): number {
    return Math.min(this.limits.poolIdleMs, connection.idleLimitMs - MARGIN_MS);
  }
}
