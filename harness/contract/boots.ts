import { readServerLines } from "../logs/server-lines.ts";
import type { ReleasePlan } from "../process/workspace.ts";
import { launchTarget, type BootOptions } from "../targets/boot.ts";
import type { BootedTarget } from "../targets/booted-target.ts";
import type { TargetDefinition } from "../targets/target-definition.ts";
import { Asker } from "./asker.ts";
import { judgeIdentity, judgeReplies } from "./judge-answers.ts";
import type { Reply, Wrong } from "./reply.ts";

/** What came of a start with a release that boots late, or never. */
export interface Boot {
  /** Undefined if it did not get ready while it was watched. */
  readonly readyMs?: number;
  readonly watchedMs: number;
  readonly replies: readonly Reply[];
  /** Where it did not get ready. */
  readonly end?: BootEnd;
}

export interface BootEnd {
  /** The started process gave up, or none is left. */
  readonly ended: boolean;
  /** Console or log have lines that those of an ordinary release have not. */
  readonly said: boolean;
  /** A process went: workers that are started over and over, or a script's own commands. */
  readonly restless: boolean;
  /** Some answer came, if only that nobody serves. */
  readonly answered: boolean;
}

export interface BootPlan {
  readonly definition: TargetDefinition;
  readonly options: BootOptions;
  /** With an ordinary release: how long it takes to get ready, and the lines of its console and log. */
  readonly ordinaryMs: number;
  readonly ordinaryLines: ReadonlySet<string>;
}

const DELAY_MARGIN_MS = 500;
/** A release that ignores what it is told is up after one ordinary boot. */
const BOOTS_WATCHED = 3;
const SETTING = "green";

export type BootMode = "delay" | "fail" | "hang";

/**
 * Boots a second release: not ready before `delayMs` have passed, or never.
 *
 * @returns undefined where it is not ready, and from outside it can't be told whether that is as it was told.
 * @throws {TargetBootError} if it could not even be started, which says nothing about the release.
 */
export async function judgeBoot(mode: BootMode, plan: BootPlan): Promise<readonly Wrong[] | undefined> {
  const delayMs = Math.round(BOOTS_WATCHED * plan.ordinaryMs + DELAY_MARGIN_MS);
  return judgeSeen(mode, delayMs, await seeBoot(mode, delayMs, plan), plan.definition.settings.bootMs);
}

/** Pure. @param bootMs after which the server itself gives up a boot, if it does. */
export function judgeSeen(mode: BootMode, delayMs: number, seen: Boot, bootMs = Infinity): Wrong[] | undefined {
  const { readyMs, watchedMs, replies, end } = seen;
  const watched = `nothing within ${Math.round(watchedMs)} ms`;
  if (mode !== "delay") {
    if (readyMs === undefined) return end && (mode === "fail" ? judgeFail(end, watched) : judgeHang(end, seen, bootMs));
    return [{ expected: `boot mode "${mode}" never to get ready`, got: `ready after ${Math.round(readyMs)} ms` }];
  }
  if (readyMs === undefined) return [{ expected: `ready after the ${delayMs} ms of boot mode "delay"`, got: watched }];
  if (readyMs < delayMs) {
    const got = `ready after ${Math.round(readyMs)} ms`;
    return [{ expected: `boot mode "delay" to wait for ${delayMs} ms`, got }];
  }
  return judgeReplies(replies, { generation: 2, setting: SETTING, isWorker: () => true }, judgeIdentity);
}

/** A master may outlive its workers: then what they say counts, and where they say nothing they come and go. */
function judgeFail({ ended, said, restless, answered }: BootEnd, watched: string): Wrong[] | undefined {
  if (ended || said) return [];
  if (restless || answered) return undefined;
  return [{ expected: 'boot mode "fail" to end it, or to be told of in console or log', got: watched }];
}

/** One that fails in place of hanging has something to say, but so may a server that waits. */
function judgeHang({ ended, said }: BootEnd, { watchedMs }: Boot, bootMs: number): Wrong[] | undefined {
  if (ended && watchedMs < bootMs) {
    return [
      { expected: 'boot mode "hang" to stay, and never to get ready', got: `ended after ${Math.round(watchedMs)} ms` },
    ];
  }
  return ended || said ? undefined : [];
}

async function seeBoot(mode: BootMode, delayMs: number, plan: BootPlan): Promise<Boot> {
  const { definition, options, ordinaryMs } = plan;
  const release: ReleasePlan = { boot: { mode, delayMs: mode === "delay" ? delayMs : 0 }, setting: SETTING };
  const { ready } = definition.settings;
  const withinMs = mode === "delay" ? delayMs + ready.withinMs : BOOTS_WATCHED * ordinaryMs + DELAY_MARGIN_MS;
  const watched = { ...definition, settings: { ...definition.settings, ready: { ...ready, withinMs } } };
  const startedMs = performance.now();
  await using target = await launchTarget(watched, { ...options, releases: [{}, release] });
  await using sampler = target.startSampler(() => performance.now());
  const waitingMs = performance.now();
  const reason = await target.ready();
  const endedMs = performance.now();
  const watchedMs = endedMs - startedMs;
  if (reason !== undefined) {
    const { samples } = await sampler.stop();
    const alive = pidsOf(samples.at(-1)?.processes ?? []);
    // It is waited for to the last, unless the started process is gone.
    const ended = endedMs - waitingMs < withinMs || alive.size === 0;
    const said = (await linesOf(target)).difference(plan.ordinaryLines).size > 0;
    const restless = samples.some(({ processes }) => !pidsOf(processes).isSubsetOf(alive));
    const silent = mode === "fail" && !ended && !said;
    const answered = silent && (await rootOfAll(target, options)).some((reply) => "answer" in reply);
    return { watchedMs, replies: [], end: { ended, said, restless, answered } };
  }
  return { readyMs: watchedMs, watchedMs, replies: mode === "delay" ? await rootOfAll(target, options) : [] };
}

/** What console and logs say, without the times, numbers and ids that differ from boot to boot; of a record in JSON its message alone. */
export async function linesOf(target: BootedTarget): Promise<Set<string>> {
  const patterns = new Set([`${target.consoleFile}*`, ...target.sites.flatMap(({ name }) => target.logPatterns(name))]);
  const lines = await readServerLines([...patterns]);
  return new Set(lines.map((line) => (messageIn(line) ?? line).replace(/[\w.-]*\d[\w.-]*/g, "#")));
}

function messageIn(line: string): string | undefined {
  return /^\{.*"msg":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
}

async function rootOfAll(target: BootedTarget, { signal }: BootOptions): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (const { name } of target.sites) replies.push(await new Asker({ target, site: name, signal }).root());
  return replies;
}

function pidsOf(processes: readonly { readonly pid: number; readonly state: string }[]): Set<number> {
  return new Set(processes.flatMap(({ pid, state }) => (state === "Z" ? [] : [pid])));
}
