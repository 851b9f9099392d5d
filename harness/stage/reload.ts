import { exchange } from "../client/exchange.ts";
import { waitUntil } from "../process/wait-until.ts";
import { LIMITS } from "../spec/limits.ts";
import type { ActionRecord } from "../spec/history.ts";
import type { ReloadHandle, ReloadPlan } from "../spec/scenario.ts";
import type { ReleasePlan } from "../process/workspace.ts";
import type { ActionOutcome } from "../targets/actions.ts";
import type { StageContext } from "./context.ts";
import type { Mutable } from "./recorder.ts";

/** Answers in a row that have to come from the new generation before it counts as serving alone. */
const STREAK_PER_WORKER = 3;
/** The same where no answer names its process: so many that an old one, had it still accepted, would have got one of them. */
const SETTLED_STREAK_PER_WORKER = 25;
const PROCESS_LOOK_MS = 25;

/**
 * Deploys and reloads. In the control phase it leaves the target alone and waits until the running loads have got a
 * comparable number of answers.
 */
export function createReloader(context: StageContext): (plan: ReloadPlan) => Promise<ReloadHandle> {
  const { phase, running, target, site } = context;
  if (phase === "trial") return (plan) => reload(context, plan);
  return async () => {
    await Promise.all([...running.values()].map((driver) => driver.further(LIMITS.controlRequestsPerReload)));
    const generation = target.workspace.generation(site);
    return {
      generation,
      refused: false,
      isTakenUp: true,
      served: () => Promise.resolve(),
      settled: () => Promise.resolve(),
    };
  };
}

async function reload(context: StageContext, plan: ReloadPlan): Promise<ReloadHandle> {
  const { target, site, recorder, signal } = context;
  const { release = "ok", bootDelayMs = 0, awaits = release === "ok" ? "served" : "nothing" } = plan;
  const { settleMs } = target.facts(site);
  const seesInside = context.probe.expect === "contract";
  if (seesInside && awaits === "served") await meetWorkers(context);
  const { generation } = await target.deploy(site, releasePlan(plan));
  if (release === "bad-config") await target.breakConfig(site);
  const action = recorder.begin("reload", { generation, release, bootDelayMs });
  action.settleDeadlineMs += bootDelayMs + settleMs;
  const asking = enterOutcome(context, action, ask(context, plan));
  context.asking.add(asking);

  let serving: Promise<void> | undefined;
  const served = (): Promise<void> => (serving ??= awaitServed(context, action));
  const handle: ReloadHandle = {
    generation,
    get refused() {
      return action.refused ?? false;
    },
    get isTakenUp() {
      return [...context.met.values()].some((answered) => answered >= generation);
    },
    served,
    async settled() {
      const leftMs = (): number => action.settleDeadlineMs - recorder.now();
      // An answer that a proxy passes on may name no process at all.
      const gone =
        seesInside && context.met.size > 0
          ? oldProcessesGone(context, generation, leftMs)
          : serves(context, action, SETTLED_STREAK_PER_WORKER).then((servedMs) => servedMs !== undefined);
      const isGone = await gone;
      // Where the old ones stop first, a request that was held kept the new ones from serving as well.
      if (isGone && serving && action.servedMs === undefined) await awaitServed(context, action);
      if (isGone && (!serving || action.servedMs !== undefined)) action.settledMs = recorder.now();
      await asking;
    },
  };
  // A command may last as long as the old workers do, and these as long as a request that is held until the new ones serve.
  if (awaits === "served") await Promise.race([asking.then(served), served()]);
  else await (isLasting(context, plan) ? Promise.race([asking, served()]) : asking);
  signal.throwIfAborted();
  return handle;
}

/** Whether the target's own way to ask, with nothing wrong, may go on until after the new code serves. */
function isLasting({ target, site }: StageContext, { by, release = "ok" }: ReloadPlan): boolean {
  return !by && release === "ok" && target.facts(site).reloadSignal === undefined;
}

/** Puts into the record what became of the asking, once that is over. */
async function enterOutcome(
  { recorder, target, site }: StageContext,
  action: Mutable<ActionRecord>,
  asked: Promise<ActionOutcome>,
): Promise<void> {
  const { startedMs, returnedMs, output, error, refused } = await asked;
  action.startedMs = recorder.at(startedMs);
  action.returnedMs = recorder.at(returnedMs);
  const settleDeadlineMs = action.startedMs + action.bootDelayMs + target.facts(site).settleMs;
  action.settleDeadlineMs = Math.max(action.settleDeadlineMs, settleDeadlineMs);
  if (output !== undefined) action.output = output;
  if (error !== undefined) action.error = error;
  if (refused) action.refused = true;
}

/** The target file's own action, or what the scenario does in its place. */
async function ask(context: StageContext, { by, way = 0 }: ReloadPlan): Promise<ActionOutcome> {
  if (!by) return context.target.reloadBy(way, context.site, context.signal);
  const startedMs = performance.now();
  const outcome = await by();
  return { startedMs, returnedMs: performance.now(), ...outcome };
}

async function awaitServed(context: StageContext, action: Mutable<ActionRecord>): Promise<void> {
  const servedMs = await serves(context, action, STREAK_PER_WORKER);
  if (servedMs !== undefined) action.servedMs = servedMs;
}

function releasePlan({ release = "ok", bootDelayMs = 0, setting }: ReloadPlan): ReleasePlan {
  // The release itself is sound where the configuration is not.
  const kind = release === "bad-config" ? "ok" : release;
  const mode = kind === "ok" && bootDelayMs > 0 ? "delay" : kind;
  return {
    boot: mode === "delay" ? { mode, delayMs: bootDelayMs } : { mode },
    ...(setting !== undefined && { setting }),
  };
}

/**
 * Asks until every worker has answered once, or long enough that one which has not is not worth waiting for; resolves to
 * those that answer with the newest generation that anybody answers with.
 */
export async function meetWorkers(context: StageContext): Promise<readonly number[]> {
  const { met, target } = context;
  const newest = (): readonly number[] => {
    const generation = Math.max(0, ...met.values());
    return [...met].flatMap(([pid, served]) => (served === generation ? [pid] : []));
  };
  for (let asked = 0; asked < target.workers * 10 && newest().length < target.workers; asked++) await probe(context);
  return newest();
}

/** Resolves to when fresh requests began to be answered by the action's generation alone; undefined if that did not come in time. */
async function serves(
  context: StageContext,
  action: ActionRecord,
  streakPerWorker: number,
): Promise<number | undefined> {
  const { recorder, target, signal } = context;
  const needed = target.workers * streakPerWorker;
  let streak = 0;
  let sinceMs = 0;
  const isServing = async (): Promise<boolean> => {
    const answered = await probe(context);
    if (answered < action.generation) streak = 0;
    else if (streak++ === 0) sinceMs = recorder.now();
    return streak >= needed;
  };
  // The deadline moves while the target is still being asked.
  for (let seen = false; !seen;) {
    const leftMs = action.settleDeadlineMs - recorder.now();
    seen = await waitUntil(isServing, Math.max(0, leftMs), signal);
    if (!seen && action.settleDeadlineMs <= recorder.now()) return undefined;
  }
  return sinceMs;
}

/** One fresh request outside all loads; resolves to the generation that answered, 0 if none did. */
async function probe(context: StageContext): Promise<number> {
  const { recorder, signal, asked } = context;
  const { row } = await exchange({
    endpoint: context.endpoint(context.target.site(context.site).endpoints.direct ? "direct" : "front"),
    clock: recorder,
    id: `${context.idPrefix("ask")}0`,
    request: { path: context.probe.path },
    expect: context.probe.expect,
    limits: { requestMs: LIMITS.askMs },
    signal,
  });
  signal.throwIfAborted();
  if (row.worker > 0) context.meet(row.worker, row.generation);
  if (row.outcome !== "ok") return 0;
  asked.answers++;
  return row.generation;
}

/** Waits for the end of every process that is known to have served an older generation. */
async function oldProcessesGone(
  { target, signal, recorder, met }: StageContext,
  generation: number,
  leftMs: () => number,
): Promise<boolean> {
  let lookedMs = Number.NEGATIVE_INFINITY;
  let gone = false;
  const look = (): boolean => {
    // Reading the process table costs more than the wait between two looks.
    if (recorder.now() - lookedMs < PROCESS_LOOK_MS) return gone;
    lookedMs = recorder.now();
    const alive = new Set(target.processes().flatMap(({ pid, state }) => (state === "Z" ? [] : [pid])));
    gone = ![...met].some(([pid, served]) => served < generation && alive.has(pid));
    return gone;
  };
  return waitUntil(look, Math.max(0, leftMs()), signal);
}
