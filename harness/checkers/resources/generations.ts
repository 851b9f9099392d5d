import type { ActionRecord, HeldRequest, History } from "../../spec/history.ts";
import type { Finding } from "../../spec/verdict.ts";
import { held, inconclusive, violated } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { reloads } from "../reload-windows.ts";
import { generationsByPid } from "../served-by.ts";

/**
 * Generations that may have processes at the same time: one in force, one that comes up, and three on their way out. Any bound
 * below the number of reloads shows that there is one; this leaves room for servers that are more generous than most.
 */
const GENERATIONS_CAP = 5;
/** With fewer reloads than would exceed the bound by far, nothing is shown. */
const RELOADS_NEEDED = 10;
/** A reload that is not taken up while requests are held counts as put off if it had this many times what others took. */
const PUT_OFF = 3;

// However many reloads are asked for while requests are held, the number of generations alive at the same time stays bounded.
export function generationsCapped(history: History): Finding {
  // To refuse one while earlier ones drain is a bound as well as to put it off.
  const refused = reloads(history).find((action) => action.refused);
  const asked = reloads(history).filter((action) => !action.refused);
  const failed = asked.find(({ error }) => error !== undefined);
  if (failed) return inconclusive(`reload ${failed.index} could not be asked for: ${failed.error}`);
  // Where nobody accepts while others drain, no later request gets in.
  const pinned = history.held.filter(({ enteredMs }) => !Number.isNaN(enteredMs));
  const { length: sent } = history.held;
  if (refused && asked.length === 0) return inconclusive(`reload ${refused.index} was refused: ${refused.error}`);
  if (pinned.length === 0 || (!refused && (asked.length < RELOADS_NEEDED || sent < RELOADS_NEEDED)))
    return inconclusive(
      `${asked.length} reloads with ${sent} requests to be held, ${RELOADS_NEEDED} of each needed, ${pinned.length} of them held`,
    );
  const generations = generationsByPid(history);
  const last = asked.at(-1)?.generation ?? 0;
  const newest = Math.max(0, ...generations.values());
  // Where nothing is reloaded nothing piles up.
  if (newest < last) return inconclusive(`no answer ever came from generation ${last}: the last reload had no effect`);
  let most = { atMs: 0, alive: new Map<number, readonly number[]>() };
  for (const { atMs, processes } of history.processes.samples) {
    const alive = new Map<number, readonly number[]>();
    for (const { pid, state } of processes) {
      const generation = generations.get(pid);
      if (generation === undefined || state === "Z") continue;
      alive.set(generation, [...(alive.get(generation) ?? []), pid]);
    }
    if (alive.size > most.alive.size) most = { atMs, alive };
  }
  const { alive, atMs } = most;
  if (alive.size === 0) return inconclusive("no process that answered was seen in the process table");
  const text = `at most ${alive.size} generations alive at a time over ${asked.length} reloads with ${pinned.length} requests held (cap ${GENERATIONS_CAP})${refused ? `, reload ${refused.index} refused` : ""}`;
  if (alive.size <= GENERATIONS_CAP) {
    const doubt = refused ? undefined : whyNotPutOff(history, asked, pinned);
    return doubt === undefined ? held(asked.length, text) : inconclusive(`${text}, but ${doubt}`);
  }
  return violated({
    trials: asked.length,
    violations: alive.size - GENERATIONS_CAP,
    expected: `at most ${GENERATIONS_CAP} generations with processes: one in force, one that comes up, three on their way out`,
    observed: text,
    evidence: [...alive].map(([generation, pids]) => ({
      kind: "process",
      atMs,
      text: `generation ${generation}: pid ${pids.join(", ")}`,
    })),
  });
}

/**
 * Why few generations show no bound: the first reload that nobody took up before the requests were let go may have been
 * too slow in coming up, and have met the next signals on its way.
 */
function whyNotPutOff(
  history: History,
  asked: readonly ActionRecord[],
  pinned: readonly HeldRequest[],
): string | undefined {
  const letGoMs = Math.min(...pinned.map(({ releasedMs }) => releasedMs));
  const rows = [
    ...observationsOf(history, "exchange").map(({ row }) => row),
    ...history.loads.flatMap(({ ledger }) => [...ledger.rows()]),
  ];
  const takenUpMs = (action: ActionRecord): number =>
    Math.min(...rows.filter(({ generation }) => generation >= action.generation).map(({ doneMs }) => doneMs));
  const waiting = asked.find((action) => takenUpMs(action) > letGoMs);
  if (waiting === undefined) return undefined;
  const before = asked.slice(0, asked.indexOf(waiting)).map((action) => takenUpMs(action) - action.startedMs);
  const slowest = Math.max(...before, takenUpMs(waiting) - letGoMs);
  const givenMs = letGoMs - waiting.startedMs;
  if (givenMs >= PUT_OFF * slowest) return undefined;
  return `reload ${waiting.index} was given ${givenMs.toFixed(0)} ms, and others took up to ${slowest.toFixed(0)} ms`;
}
