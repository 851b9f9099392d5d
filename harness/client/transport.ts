import { Connection, type ConnectionEnd, type ConnectionOwner } from "./connection.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import type { ClientLimits, Clock, Endpoint } from "./load-options.ts";
import type { PendingRequest } from "./pending-request.ts";
import { Session } from "./session.ts";

/** Who hears of the ends of requests. */
export interface TransportOwner {
  readonly clock: Clock;
  settled(request: PendingRequest): void;
  amended(request: PendingRequest): void;
}

export interface TransportPlan {
  readonly endpoint: Endpoint;
  readonly limits: ClientLimits;
  /** Number of kept-alive sessions, 0 for a fresh connection each. */
  readonly sessions: number;
  readonly pipelining: number;
}

/** What a load sends its requests through. */
export interface Carriage {
  readonly reconnects: number;
  readonly closes: { readonly announced: number; readonly idle: number };
  /** `request` will be settled by its deadline at the latest. */
  submit(request: PendingRequest): void;
  /** Ends everything now; what is in flight or queued becomes `unsent`. */
  abandon(): void;
  /** Closes what is idle; for when all requests have ended. */
  dispose(): void;
}

/** Carries requests over connections; keeps their deadlines. Never sends one twice. */
export class Transport implements Carriage, ConnectionOwner {
  readonly clock: Clock;
  readonly closes = { announced: 0, idle: 0 };
  readonly #owner: TransportOwner;
  readonly #plan: TransportPlan;
  readonly #sessions: Session[];
  readonly #connectDeadlines: DeadlineQueue<Connection>;
  readonly #requestDeadlines: DeadlineQueue<PendingRequest>;
  /** Connections that carry a request or may carry another, and what each belongs to. */
  readonly #open = new Map<Connection, Session | undefined>();
  /** Only requests in flight are found here. */
  readonly #carriers = new Map<PendingRequest, Connection>();
  #opened = 0;
  #turn = 0;

  constructor(plan: TransportPlan, owner: TransportOwner) {
    this.clock = owner.clock;
    this.#owner = owner;
    this.#plan = plan;
    this.#sessions = Array.from({ length: plan.sessions }, () => new Session(plan.pipelining, this));
    const { connectMs, requestMs } = plan.limits;
    this.#connectDeadlines = new DeadlineQueue(connectMs, owner.clock, (late) => late.connectTimedOut());
    this.#requestDeadlines = new DeadlineQueue(requestMs, owner.clock, (late) => this.#expire(late));
  }

  /** Connections opened beyond the first of each session. */
  get reconnects(): number {
    return this.#sessions.reduce((sum, session) => sum + session.reconnects, 0);
  }

  submit(request: PendingRequest): void {
    this.#requestDeadlines.add(request, request.intendedMs);
    if (this.#sessions.length === 0) this.carry(this.open(undefined), request);
    else this.#nextSession().submit(request);
  }

  open(session: Session | undefined): Connection {
    const connection = new Connection(this.#opened, this.#plan.endpoint, this);
    this.#opened += 1;
    this.#open.set(connection, session);
    this.#connectDeadlines.add(connection, this.clock.now());
    return connection;
  }

  carry(connection: Connection, request: PendingRequest): void {
    this.#carriers.set(request, connection);
    connection.send(request);
  }

  abandon(): void {
    for (const session of this.#sessions) for (const request of session.takeQueue()) this.#unsent(request);
    for (const connection of this.#open.keys()) connection.abandon("unsent");
    this.dispose();
  }

  dispose(): void {
    this.#connectDeadlines.dispose();
    this.#requestDeadlines.dispose();
    for (const connection of this.#open.keys()) connection.abandon("unsent");
  }

  settled(request: PendingRequest): void {
    this.#carriers.delete(request);
    this.#owner.settled(request);
  }

  amended(request: PendingRequest): void {
    this.#owner.amended(request);
  }

  ready(connection: Connection): void {
    const session = this.#open.get(connection);
    if (session !== undefined) session.pump();
    else connection.retire();
  }

  retired(connection: Connection): void {
    this.#open.get(connection)?.released(connection);
  }

  ended(connection: Connection, how: ConnectionEnd): void {
    const session = this.#open.get(connection);
    this.#open.delete(connection);
    if (session === undefined) return;
    if (how === "announced" || how === "idle") this.closes[how] += 1;
    session.released(connection);
  }

  /** The first session with nothing to do, in turn; a busy one if all are, where the request queues. */
  #nextSession(): Session {
    const count = this.#sessions.length;
    let best: Session | undefined;
    for (let step = 0; step < count; step++) {
      const session = this.#sessions[(this.#turn + step) % count];
      if (session !== undefined && (best === undefined || session.load < best.load)) best = session;
      if (best?.load === 0) break;
    }
    this.#turn = (this.#turn + 1) % count;
    if (best === undefined) throw new Error("a transport of sessions has at least one");
    return best;
  }

  #expire(request: PendingRequest): void {
    const connection = this.#carriers.get(request);
    if (connection !== undefined) {
      connection.expire(request);
      return;
    }
    // It queued behind answers that did not come: the target's doing, not the generator's.
    request.outcome = "hung";
    request.doneMs = this.clock.now();
    this.#owner.settled(request);
  }

  #unsent(request: PendingRequest): void {
    if (request.over) return;
    request.outcome = "unsent";
    this.#owner.settled(request);
  }
}
