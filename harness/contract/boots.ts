import type { ReleasePlan } from "../process/workspace.ts";
import { bootTarget, type BootOptions } from "../targets/boot.ts";
import { TargetBootError } from "../targets/errors.ts";
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
}

export interface BootPlan {
  readonly definition: TargetDefinition;
  readonly options: BootOptions;
  /** How long it takes to get ready with an ordinary release. */
  readonly ordinaryMs: number;
}

const DELAY_MARGIN_MS = 500;
/** A release that ignores what it is told is up after one ordinary boot. */
const BOOTS_WATCHED = 3;
const SETTING = "green";

export type BootMode = "delay" | "fail" | "hang";

/** Boots a second release: not ready before `delayMs` have passed, or never. */
export async function judgeBoot(mode: BootMode, plan: BootPlan): Promise<readonly Wrong[]> {
  const delayMs = Math.round(BOOTS_WATCHED * plan.ordinaryMs + DELAY_MARGIN_MS);
  return judgeSeen(mode, delayMs, await seeBoot(mode, delayMs, plan));
}

/** Pure. */
export function judgeSeen(mode: BootMode, delayMs: number, { readyMs, watchedMs, replies }: Boot): Wrong[] {
  const watched = `nothing within ${Math.round(watchedMs)} ms`;
  if (mode !== "delay") {
    if (readyMs === undefined) return [];
    return [{ expected: `boot mode "${mode}" never to get ready`, got: `ready after ${Math.round(readyMs)} ms` }];
  }
  if (readyMs === undefined) return [{ expected: `ready after the ${delayMs} ms of boot mode "delay"`, got: watched }];
  if (readyMs < delayMs) {
    const got = `ready after ${Math.round(readyMs)} ms`;
    return [{ expected: `boot mode "delay" to wait for ${delayMs} ms`, got }];
  }
  return judgeReplies(replies, { generation: 2, setting: SETTING, isWorker: () => true }, judgeIdentity);
}

async function seeBoot(mode: BootMode, delayMs: number, { definition, options, ordinaryMs }: BootPlan): Promise<Boot> {
  const release: ReleasePlan = { boot: { mode, delayMs: mode === "delay" ? delayMs : 0 }, setting: SETTING };
  const { ready } = definition.settings;
  const withinMs = mode === "delay" ? delayMs + ready.withinMs : BOOTS_WATCHED * ordinaryMs + DELAY_MARGIN_MS;
  const watched = { ...definition, settings: { ...definition.settings, ready: { ...ready, withinMs } } };
  const startedMs = performance.now();
  try {
    await using target = await bootTarget(watched, { ...options, releases: [{}, release] });
    const readyMs = performance.now() - startedMs;
    const replies: Reply[] = [];
    if (mode === "delay") {
      for (const { name } of target.sites) replies.push(await new Asker({ target, site: name, ...options }).root());
    }
    return { readyMs, watchedMs: readyMs, replies };
  } catch (error) {
    if (!(error instanceof TargetBootError)) throw error;
    return { watchedMs: performance.now() - startedMs, replies: [] };
  }
}
