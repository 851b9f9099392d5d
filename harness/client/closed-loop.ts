import { checkLoadOptions, type ClosedLoopOptions, type Driver, positiveInteger } from "./load-options.ts";
import { LoadRun } from "./load-run.ts";
import { Transport } from "./transport.ts";

/**
 * Sends `requests` requests, `concurrency` at a time, each as soon as one has ended; kept alive, one session for each.
 * What `ab -c` does, and as blind to stalls: latency rules need an open loop. Throws a `TypeError` on wrong options.
 */
export function startClosedLoop(options: ClosedLoopOptions): Driver {
  checkLoadOptions(options);
  const { requests, concurrency, clock, signal } = options;
  positiveInteger("requests", requests);
  positiveInteger("concurrency", concurrency);
  const pipelining = options.pipelining ?? 1;
  const lanes = Math.min(concurrency, requests);
  const sessions = options.connections === "fresh" ? 0 : Math.ceil(lanes / pipelining);
  let issuing = false;
  let free = lanes;
  const run = new LoadRun(options, {
    mode: "closed-loop",
    carriage: (owner, limits) => new Transport({ endpoint: options.endpoint, limits, sessions, pipelining }, owner),
    settled: () => {
      free += 1;
      issue();
    },
  });

  // A request can end within the call that issues it; the outermost call issues the next, so the stack stays flat.
  function issue(): void {
    if (issuing) return;
    issuing = true;
    while (free > 0 && !run.intakeOver) {
      free -= 1;
      const now = clock.now();
      run.issue(now, now);
      if (run.intended === requests) run.endIntake();
    }
    issuing = false;
  }

  if (signal?.aborted === true) run.endIntake();
  else issue();
  return {
    reached: (count) => run.milestones.reached(count),
    further: (count) => run.milestones.further(count),
    stop: () => {
      if (!run.intakeOver) run.endIntake();
      return run.finished;
    },
    finished: run.finished,
  };
}
