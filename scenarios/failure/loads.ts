import type { RunningLoad, Stage } from "../../harness/spec/scenario.ts";

/** Requests per second of each load. */
const RATE = 100;
/** Requests that are sent in peace, and in place of longer waits in the control. */
export const STEADY_REQUESTS = 30;
/** For an answer that a server in trouble may never give. */
export const PATIENCE_MS = 8_000;

export interface Loads {
  readonly all: readonly RunningLoad[];
  /** Goes on whatever becomes of single connections, as long as anybody serves. */
  readonly pace: RunningLoad;
}

/** Requests on fresh connections through every door; with `kept`, on kept-alive ones as well. */
export function startLoads(stage: Stage, { kept }: { readonly kept: boolean }): Loads {
  const start = (connections: "fresh" | "kept-alive"): readonly RunningLoad[] =>
    stage.doors.map((door) =>
      stage.openLoop({
        name: `${connections}-${door}`,
        door,
        ratePerSecond: RATE,
        connections,
        ...(connections === "kept-alive" && { sessions: 10 }),
      }),
    );
  const fresh = start("fresh");
  const pace = fresh.at(-1);
  if (!pace) throw new TypeError("expected a target with a door");
  return { all: kept && stage.capabilities.includes("keepalive") ? [...fresh, ...start("kept-alive")] : fresh, pace };
}

/** Waits for so many answers of the load (fewer in the control), or for as long as nobody should have to wait for them. */
export async function answered(stage: Stage, load: RunningLoad, count: number): Promise<void> {
  let done = false;
  const reached = load
    .further(stage.phase === "trial" ? count : Math.min(count, STEADY_REQUESTS))
    .then(() => (done = true));
  await Promise.race([reached, stage.until(() => done, PATIENCE_MS)]);
}
