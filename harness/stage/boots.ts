import { LIMITS } from "../spec/limits.ts";
import type { BootSeen } from "../spec/observation.ts";
import type { Stage } from "../spec/scenario.ts";
import { catchesSignals } from "../process/signal-handlers.ts";
import { waitUntil } from "../process/wait-until.ts";
import type { BootedTarget } from "../targets/booted-target.ts";
import { createContext, type StageContext } from "./context.ts";
import { HistoryRecorder } from "./recorder.ts";
import { createReloader } from "./reload.ts";
import { requestOnce } from "./single-request.ts";

/** How much of what a target said last is kept. */
const OUTPUT_CHARACTERS = 2_000;

/**
 * Starts another instance of the target, asks it to reload while it boots unless it is to be left alone, and once it is ready
 * to reload once more, with a release of its own. Nothing of it remains. Left out in the control.
 */
export async function bootAnother(
  context: StageContext,
  { name, askAfterMs }: Parameters<Stage["bootAnother"]>[0],
): Promise<boolean> {
  const { target, site, recorder, signal, phase } = context;
  if (phase === "control") return true;
  await using other = await target.another();
  const startedMs = recorder.now();
  const gettingReady = readiness(other, recorder.now);
  const { withinMs } = target.definition.settings.ready;
  let namedPid = 0;
  const isNamed = async (): Promise<boolean> => (namedPid = await other.mainPid(site).catch(() => 0)) > 0;
  const named = await waitUntil(isNamed, withinMs, signal);
  if (named && "child" in target.definition.settings.main) await programBegins(namedPid, recorder.now, signal);
  const namedMs = named ? recorder.now() : Number.NaN;
  let error = named ? undefined : "its main process could not be named";
  let askedMs = Number.NaN;
  if (named && askAfterMs !== undefined) {
    const moment = namedMs + askAfterMs;
    await waitUntil(() => recorder.now() >= moment, Math.max(0, moment - recorder.now()), signal);
    const asked = await other.act("reload", site, signal);
    if (asked.error === undefined) askedMs = recorder.at(asked.startedMs);
    error = asked.error;
  }
  const { readyMs, reason } = await gettingReady;
  const mainPidAfter = await other.mainPid(site).catch(() => 0);
  const reloadedMs = Number.isNaN(readyMs) ? Number.NaN : await reloadOnceMore(context, other);
  error ??= reason;
  const isSame = mainPidAfter === namedPid;
  // A supervisor that had to start the process anew leaves it alone from then on.
  const isReplacedAgain = async (): Promise<boolean> =>
    (await other.mainPid(site).catch(() => mainPidAfter)) !== mainPidAfter;
  const replacesMain =
    !isSame && mainPidAfter !== 0 && (await waitUntil(isReplacedAgain, target.facts(site).settleMs, signal));
  const isSound = error === undefined && !Number.isNaN(reloadedMs) && (isSame || replacesMain);
  const seen: BootSeen = {
    kind: "boot",
    name,
    startedMs,
    namedMs,
    mainPid: namedPid,
    askedMs,
    readyMs,
    mainPidAfter,
    reloadedMs,
    ...(replacesMain && { replacesMain }),
    ...(error !== undefined && { error }),
    ...(!isSound && { output: await lastWords(other) }),
  };
  recorder.observations.push(seen);
  return isSound;
}

/** From the first sign of a program's runtime to the first line that the program itself could have executed. */
const RUNTIME_MS = 100;
/** For a program without a runtime that would show. */
const NO_RUNTIME_MS = 300;

/**
 * A process that the suite starts itself is known before it is anything. No program can handle a signal before its
 * interpreter is up: dying of it until then is not the server's doing. Others name their main process themselves.
 */
async function programBegins(pid: number, now: () => number, signal: AbortSignal): Promise<void> {
  await waitUntil(() => catchesSignals(pid), NO_RUNTIME_MS, signal);
  const begunMs = now();
  await waitUntil(() => now() - begunMs >= RUNTIME_MS, RUNTIME_MS, signal);
}

/**
 * After the end of its main process: where the process that the target file starts is gone too, starts it once more in the
 * same place; else its supervisor has to. Records when an answer came from a process that had not answered before.
 */
export async function restart(context: StageContext, name: string): Promise<void> {
  const { target, site, recorder, signal, phase } = context;
  if (phase === "control") return;
  const known = new Set(context.met.keys());
  const startedMs = recorder.now();
  let error: string | undefined;
  await target.startAgain().catch((problem: Error) => (error = problem.message));
  const { readyMs, reason } = await readiness(target, recorder.now);
  error ??= reason;
  const door = target.site(site).endpoints.direct ? "direct" : "front";
  // Orphans answer as well: only a process that is new shows that the address could be bound.
  const isNew = async (): Promise<boolean> => {
    const { worker } = await requestOnce(context, { name, door, withinMs: LIMITS.askMs });
    return worker > 0 && !known.has(worker);
  };
  const serves = error === undefined && (await waitUntil(isNew, target.facts(site).settleMs, signal));
  const mainPid = await target.mainPid(site).catch(() => 0);
  if (!serves) error ??= "no process answered that had not answered before";
  recorder.observations.push({
    kind: "boot",
    name,
    startedMs,
    namedMs: Number.NaN,
    mainPid,
    askedMs: Number.NaN,
    readyMs: serves ? recorder.now() : readyMs,
    mainPidAfter: mainPid,
    reloadedMs: Number.NaN,
    ...(error !== undefined && { error, output: await lastWords(target) }),
  });
}

async function readiness(
  target: BootedTarget,
  now: () => number,
): Promise<{ readonly readyMs: number; readonly reason?: string }> {
  const reason = await target.ready();
  return reason === undefined ? { readyMs: now() } : { readyMs: Number.NaN, reason };
}

/** Resolves to when the new release served, on the clock of the context; NaN if it did not. */
async function reloadOnceMore(context: StageContext, target: BootedTarget): Promise<number> {
  // A history of its own: what is done to another instance is no action on the target.
  const recorder = new HistoryRecorder();
  const other = createContext({ ...context, target }, recorder, 0);
  const reload = await createReloader(other)({});
  await reload.served();
  // Its command may still run, and the instance is about to go.
  await Promise.all(other.asking);
  return recorder.actions.at(-1)?.servedMs === undefined ? Number.NaN : context.recorder.now();
}

async function lastWords(target: BootedTarget): Promise<string> {
  return (await target.output()).slice(-OUTPUT_CHARACTERS);
}
