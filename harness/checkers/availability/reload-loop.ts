import type { History } from "../../spec/history.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { Finding } from "../../spec/verdict.ts";
import { held, inconclusive, violated } from "../finding.ts";
import { isStruck, reloadWindows, touches, whyNoReloadSeen, whyNotByReload } from "../reload-windows.ts";
import { describeClasses, powerToSee, requestClasses } from "../request-classes.ts";
import { culprits, evidenceOf, summarize } from "../request-evidence.ts";

/** A loss this rare, of the requests inside the reloads, has to show in a loop that is said to lose nothing ... */
const RARE_LOSS = 1 / 1_000;
/** ... with at least this probability. */
const LEAST_POWER = 0.95;

export const reloadLoop = { "availability/reload-loop-loses-nothing": reloadLoopLosesNothing };

// Reloading again and again loses no request on a fresh connection.
function reloadLoopLosesNothing(history: History): Finding {
  const loads = history.loads.filter(({ mode }) => mode === "open-loop");
  const windows = reloadWindows(history);
  // On a reused connection a request may cross its end, announced or not: that is what the rules on connections judge.
  const lost = culprits(loads, ({ reused, outcome }) => !reused && outcome !== "ok");
  const struck = lost.some(({ row }) => isStruck(history, row));
  const reason = whyNoReloadSeen(history, loads) ?? whyNotByReload(history, lost);
  if (reason && !struck) return inconclusive(reason);
  const classes = requestClasses(loads, (row) => touches(row, windows) !== undefined);
  const inside = classes.reduce((sum, { label, trials }) => sum + (label.startsWith("fresh") ? trials : 0), 0);
  const text = `${windows.length} reloads, one every ${paceMs(history).toFixed(0)} ms; inside them ${describeClasses(classes)}`;
  const expected = "each id answered exactly once, completely, with a 2xx";
  if (lost.length > 0) {
    return violated({
      trials: culprits(loads, ({ reused }) => !reused).length,
      violations: lost.length,
      expected,
      observed: `${lost.length} lost on fresh connections (${summarize(lost)}) in ${text}`,
      evidence: evidenceOf(history, lost),
    });
  }
  if (windows.length < LIMITS.loopReloads) return inconclusive(`${windows.length} reloads are no loop`);
  const power = powerToSee(RARE_LOSS, inside);
  const chance = `a loss of 1 in ${1 / RARE_LOSS} there would have shown with ${(100 * power).toFixed(1)} %`;
  if (power < LEAST_POWER) return inconclusive(`too few requests on fresh connections: ${chance}; ${text}`);
  return held(inside, `nothing lost on fresh connections in ${text}; ${chance}`);
}

/** Mean time from one reload to the next. */
function paceMs(history: History): number {
  const windows = reloadWindows(history);
  const [first, last] = [windows[0], windows.at(-1)];
  return first && last && windows.length > 1 ? (last.fromMs - first.fromMs) / (windows.length - 1) : Number.NaN;
}
