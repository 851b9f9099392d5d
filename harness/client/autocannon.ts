import autocannon from "autocannon";
import { AutocannonLane } from "./autocannon-lane.ts";
import { checkLoadOptions, type ClosedLoopOptions, type Driver, limitsOf, positiveInteger } from "./load-options.ts";
import { LoadRun } from "./load-run.ts";
import type { PendingRequest } from "./pending-request.ts";

/** autocannon's own time limit would reconnect and lose count; ours come long before. */
const NEVER_SECONDS = 86_400;
/** How often autocannon looks whether it has ended. */
const SAMPLE_MS = 20;

/**
 * The second opinion: the load of `startClosedLoop`, driven by autocannon 9, accounted for in the same classes. Throws a
 * `TypeError` on wrong options; pipelining is not offered, since autocannon cannot tell such requests apart.
 */
export function startAutocannon(options: ClosedLoopOptions): Driver {
  checkLoadOptions(options);
  const { requests, concurrency, endpoint, clock, signal } = options;
  positiveInteger("requests", requests);
  positiveInteger("concurrency", concurrency);
  if ((options.pipelining ?? 1) !== 1) throw new TypeError("pipelining: autocannon is driven at 1");
  const limits = limitsOf(options);
  const lanes: AutocannonLane[] = [];
  const closes = { announced: 0, idle: 0 };
  const opened = { all: 0, first: 0 };
  let submitted: PendingRequest | undefined;
  const endLanes = (): void => {
    for (const lane of lanes) lane.end();
  };
  const run = new LoadRun(options, {
    mode: "closed-loop",
    carriage: () => ({
      closes,
      get reconnects() {
        return options.connections === "fresh" ? 0 : opened.all - opened.first;
      },
      submit: (request) => {
        submitted = request;
      },
      abandon: endLanes,
      dispose: endLanes,
    }),
    settled: () => undefined,
  });
  const next = (): PendingRequest | undefined => {
    if (run.intakeOver) return undefined;
    const now = clock.now();
    run.issue(now, now);
    if (run.intended === requests) run.endIntake();
    return submitted;
  };
  const stop = (): void => {
    if (!run.intakeOver) run.endIntake();
  };
  if (signal?.aborted === true) run.endIntake();
  const owner = {
    clock,
    endpoint,
    limits,
    next,
    opened: (first: boolean) => {
      opened.all += 1;
      if (first) opened.first += 1;
      return opened.all - 1;
    },
    settled: (request: PendingRequest) => run.settled(request),
    amended: (request: PendingRequest) => run.amended(request),
    closedWithoutRequest: (how: "announced" | "idle") => {
      if (options.connections === "kept-alive") closes[how] += 1;
    },
  };
  const lanesWanted = run.intakeOver ? 0 : Math.min(concurrency, requests);
  const ended =
    lanesWanted === 0
      ? Promise.resolve()
      : fire(lanesWanted, (client) => void lanes.push(new AutocannonLane(client, owner)));
  // Not before autocannon itself has ended: its sockets and timers are part of the load.
  const finished = Promise.all([run.finished, ended]).then(([record]) => record);
  return {
    reached: (count) => run.milestones.reached(count),
    further: (count) => run.milestones.further(count),
    stop: () => {
      stop();
      return finished;
    },
    finished,
  };
}

/** Resolves when all clients are done; the lanes say when, autocannon's own limits never come into it. */
function fire(connections: number, setupClient: (client: object) => void): Promise<unknown> {
  const plan = {
    // Where it connects to is decided by the lanes.
    url: "http://127.0.0.1:1/",
    connections,
    maxOverallRequests: Number.MAX_SAFE_INTEGER,
    duration: NEVER_SECONDS,
    timeout: NEVER_SECONDS,
    sampleInt: SAMPLE_MS,
    setupClient,
  };
  return Promise.resolve(autocannon(plan));
}
