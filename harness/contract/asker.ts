import type { BootedTarget } from "../targets/booted-target.ts";
import type { Endpoint } from "../targets/endpoint.ts";
import type { Asked, Reply } from "./reply.ts";
import { Wire, type AskOptions } from "./wire.ts";

const ROOT: Asked = { method: "GET", path: "/" };

export interface AskerPlan {
  readonly target: BootedTarget;
  readonly site: string;
  readonly signal: AbortSignal;
}

/** Asks one site of a booted target, gives every request an id of its own, and remembers all replies. */
export class Asker {
  readonly target: BootedTarget;
  readonly site: string;
  readonly signal: AbortSignal;
  readonly endpoint: Endpoint;
  readonly replies: Reply[] = [];
  /** What `ask` sends on a connection that is kept, none if the target does not say that it keeps any. */
  readonly #keepsAlive: boolean;
  #ids = 0;

  constructor({ target, site, signal }: AskerPlan) {
    const { endpoints, capabilities } = target.site(site);
    this.target = target;
    this.site = site;
    this.signal = signal;
    // The innermost door: it is the application that is asked, not what stands in front of it.
    this.endpoint = endpoints.direct ?? endpoints.front;
    this.#keepsAlive = capabilities.includes("keepalive");
  }

  nextId(): string {
    return `contract.${this.site}.${++this.#ids}`;
  }

  /** On a connection of its own. */
  async fresh(asked: Asked, options: Omit<AskOptions, "id" | "last"> = {}): Promise<Reply> {
    using wire = new Wire(this.endpoint, this.signal);
    return this.#keep(await wire.ask(asked, { ...options, id: this.nextId(), last: true }));
  }

  /** `GET /` on a connection of its own. */
  root(options: Omit<AskOptions, "id" | "last"> = {}): Promise<Reply> {
    return this.fresh(ROOT, options);
  }

  /** Fresh, and where connections are kept also between two other requests: whatever an answer does to its connection shows in the next. */
  async everyWay(asked: Asked, before?: () => Promise<void>): Promise<Reply[]> {
    await before?.();
    const fresh = await this.fresh(asked);
    return this.#keepsAlive ? [fresh, ...(await this.between(asked, before))] : [fresh];
  }

  /**
   * `/`, the request and `/` again, on one connection: by the front door, for that is what a target says of its connections.
   * `before` each of them, if something has to have happened by then.
   */
  async between(asked: Asked, before?: () => Promise<void>): Promise<Reply[]> {
    using wire = new Wire(this.target.site(this.site).endpoints.front, this.signal);
    const replies: Reply[] = [];
    for (const one of [ROOT, asked, ROOT]) {
      await before?.();
      replies.push(this.#keep(await wire.ask(one, { id: this.nextId() })));
    }
    return replies;
  }

  #keep(reply: Reply): Reply {
    this.replies.push(reply);
    return reply;
  }
}
