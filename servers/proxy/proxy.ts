import type { IncomingMessage, ServerResponse } from "node:http";
import { isDeepStrictEqual } from "node:util";
import { AccessLog } from "./access-log.ts";
import type { ClientConnection } from "./client-connection.ts";
import { Exchange, type UpgradeRequest } from "./exchange.ts";
import { Front } from "./front.ts";
import type { Route } from "./router.ts";
import { formatAddress } from "../stack-file/address.ts";
import type { ProxyConfig } from "./settings.ts";
import { Pool } from "./upstream/pool.ts";

/** How a stop went. */
export interface StopReport {
  /** Connections that had not come to their end by the deadline and were cut. */
  readonly cut: number;
}

/** How often a stopping proxy looks for connections that have been idle for long enough. */
const IDLE_CHECK_MS = 50;

/**
 * The reverse proxy itself, without signals, files and exit codes. Each request sees one configuration from its beginning
 * to its end: `apply` replaces it as a whole.
 */
export class Proxy implements Disposable {
  #config: ProxyConfig;
  #front: Front;
  /** Fronts of addresses no longer listened on, with connections still in use. */
  readonly #oldFronts = new Set<Front>();
  readonly #pools = new Map<string, Pool>();
  readonly #log: AccessLog;
  readonly #ownId = `${process.pid.toString(36)}-${Date.now().toString(36)}`;
  #requests = 0;
  #stopping = false;

  private constructor(config: ProxyConfig, log: AccessLog) {
    this.#config = config;
    this.#log = log;
    this.#front = this.#newFront(config);
  }

  /** Rejects if the address or the access log can't be had. */
  static async start(config: ProxyConfig): Promise<Proxy> {
    const log = new AccessLog(config.program, config.accessLog);
    try {
      const proxy = new Proxy(config, log);
      await proxy.#front.listen(config.listen, config.limits.backlog);
      return proxy;
    } catch (error) {
      log[Symbol.dispose]();
      throw error;
    }
  }

  /** `host:port` or path, with the port that the system chose. */
  get address(): string {
    const address = this.#front.address;
    if (address === null || typeof address === "string") return address ?? "";
    return formatAddress({ host: address.address, port: address.port });
  }

  /** Takes up a new configuration without touching a connection. Rejects, with the old one in force, if it can't. */
  async apply(config: ProxyConfig): Promise<void> {
    // All that can fail comes before anything that can't be taken back.
    const log = config.accessLog === this.#config.accessLog ? undefined : this.#log.prepare(config.accessLog);
    try {
      if (!isDeepStrictEqual(config.listen, this.#config.listen)) await this.#move(config);
    } catch (error) {
      log?.discard();
      throw error;
    }
    log?.commit();
    this.#config = config;
    for (const front of [this.#front, ...this.#oldFronts]) front.limit(config.limits);
    const wanted = new Set(config.router.routes.map((route) => poolKey(route)));
    for (const [key, pool] of this.#pools) {
      pool.limits = config.limits;
      if (wanted.has(key)) continue;
      pool.retire();
      this.#pools.delete(key);
    }
  }

  /** For a rotation done by somebody else. Throws and keeps the old file if the new one can't be opened. */
  reopenLog(): void {
    this.#log.reopen();
  }

  /**
   * Accepts no more, lets every request in work and every one that still comes on a connection be answered, with
   * `Connection: close`, and closes what stays idle. After `gracefulTimeoutMs` the rest is cut.
   */
  async stop(signal: AbortSignal): Promise<StopReport> {
    this.#stopping = true;
    const startedMs = performance.now();
    const { gracefulTimeoutMs, idleGraceMs } = this.#config.limits;
    const fronts = [this.#front, ...this.#oldFronts];
    // What the kernel has completed but not handed over yet is accepted in the next turns of the loop.
    await new Promise((resolve) => setTimeout(resolve, 10));
    this.#front.stopAccepting();
    while (!signal.aborted && performance.now() - startedMs < gracefulTimeoutMs) {
      const nowMs = performance.now();
      const open = fronts.flatMap((front) => [...front.connections]);
      if (open.length === 0) return { cut: 0 };
      for (const { idle, idleSinceMs, socket } of open) {
        if (idle && nowMs - Math.max(idleSinceMs, startedMs) >= idleGraceMs) socket.destroy();
      }
      await new Promise((resolve) => setTimeout(resolve, IDLE_CHECK_MS));
    }
    const busy = fronts.flatMap((front) => [...front.connections]).filter((connection) => !connection.idle);
    return { cut: busy.length };
  }

  /** Ends every connection at once; the access log is written out. */
  [Symbol.dispose](): void {
    for (const front of [this.#front, ...this.#oldFronts]) {
      if (!this.#stopping && front === this.#front) front.stopAccepting();
      for (const { socket } of front.connections) socket.destroy();
    }
    for (const pool of this.#pools.values()) pool.retire();
    this.#log[Symbol.dispose]();
  }

  // The new address first: if it can't be had, nothing has changed.
  async #move(config: ProxyConfig): Promise<void> {
    const next = this.#newFront(config);
    await next.listen(config.listen, config.limits.backlog);
    const old = this.#front;
    this.#front = next;
    old.stopAccepting();
    for (const front of this.#oldFronts) if (front.connections.size === 0) this.#oldFronts.delete(front);
    this.#oldFronts.add(old);
  }

  #newFront(config: ProxyConfig): Front {
    return new Front(config.limits, (request, response, connection, upgrade) =>
      this.#begin(request, response, connection, upgrade),
    );
  }

  #begin(
    request: IncomingMessage,
    response: ServerResponse,
    connection: ClientConnection,
    upgrade: UpgradeRequest | undefined,
  ): Exchange {
    const startedMs = performance.now();
    const context = {
      config: this.#config,
      pool: (route: Route) => this.#poolOf(route),
      // Behind an answer that announces the end, requests already read could not be answered any more.
      lastAnswer: () => this.#stopping && !connection.hasWaiting,
    };
    const exchange = new Exchange(request, response, context, upgrade);
    response.once("close", () => {
      const { relay, route, retries } = exchange;
      const id = request.headers["x-hupspec-id"];
      this.#log.write({
        id: typeof id === "string" ? id : `${this.#ownId}-${this.#requests++}`,
        method: request.method ?? "",
        host: request.headers.host ?? "",
        path: request.url ?? "",
        status: relay.status === 0 ? 499 : relay.status,
        bytes: relay.bytes,
        durationMs: Math.round((performance.now() - startedMs) * 10) / 10,
        upstream: route?.upstream ?? "",
        retries,
        complete: response.writableFinished || relay.status === 101,
      });
    });
    exchange.run();
    return exchange;
  }

  #poolOf(route: Route): Pool {
    const key = poolKey(route);
    let pool = this.#pools.get(key);
    if (pool) return pool;
    pool = new Pool(this.#config.limits);
    // A request that began under an older configuration may end at an upstream that is no longer named.
    if (this.#config.router.routes.some((known) => poolKey(known) === key)) this.#pools.set(key, pool);
    else pool.retire();
    return pool;
  }
}

function poolKey(route: Route): string {
  return formatAddress(route.address);
}
