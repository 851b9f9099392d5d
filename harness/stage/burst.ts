import { startClosedLoop } from "../client/closed-loop.ts";
import type { Door } from "../spec/history.ts";
import type { BurstPlan } from "../spec/scenario.ts";
import type { StageContext } from "./context.ts";

/** Has the application write records: one `GET /log` each for the requests of the plan, dealt out over its doors. */
export async function runBurst(context: StageContext, plan: BurstPlan): Promise<void> {
  const { recorder } = context;
  const startedMs = recorder.now();
  const shares = plan.doors.map((door, position) => startShare(context, plan, door, position));
  await Promise.all([midway(plan, shares), ...shares.map(({ load }) => load.finished)]);
  recorder.bursts.push({
    name: plan.name,
    requests: shares.flatMap(({ requests, idPrefix }) =>
      requests.map(({ records, bytes }, index) => ({ id: `${idPrefix}${index}`, records, bytes })),
    ),
    startedMs,
    endedMs: recorder.now(),
  });
}

function startShare(context: StageContext, plan: BurstPlan, door: Door, position: number) {
  const { recorder, signal } = context;
  const requests = plan.requests.filter((_, index) => index % plan.doors.length === position);
  const name = `burst-${plan.name}-${door}`;
  const idPrefix = context.idPrefix(name);
  const driver = startClosedLoop({
    name,
    door,
    endpoint: context.endpoint(door),
    clock: recorder,
    idPrefix,
    connections: "fresh",
    requests: requests.length,
    concurrency: Math.max(1, Math.floor(plan.concurrency / plan.doors.length)),
    request: { path: (index) => `/log?records=${requests[index]?.records ?? 0}&bytes=${requests[index]?.bytes ?? 0}` },
    expect: "contract",
    onAnswer: context.meet,
    signal,
  });
  return { requests, idPrefix, load: context.keep(name, driver) };
}

async function midway(plan: BurstPlan, shares: readonly ReturnType<typeof startShare>[]): Promise<void> {
  if (!plan.midway) return;
  const [first] = shares;
  if (first) await first.load.reached(Math.ceil(plan.midway.at * first.requests.length));
  await plan.midway.act();
}
