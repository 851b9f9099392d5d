import type { ActionRecord, History } from "../spec/history.ts";
import type { Finding } from "../spec/verdict.ts";
import { inconclusive, observed } from "./finding.ts";
import { reloads, whyNoReloadSeen } from "./reload-windows.ts";

export const generationOrder = { "generation/mixed-window": mixedWindow };

// How long both generations answer fresh requests during a reload is measured and reported.
function mixedWindow(history: History): Finding {
  const loads = history.loads.filter(({ connections }) => connections === "fresh");
  const reason = whyNoReloadSeen(history, loads);
  if (reason) return inconclusive(reason);
  const done = reloads(history);
  const lengths = done.map((action, position) => mixedMs(loads, action, done[position + 1]?.startedMs));
  const sorted = lengths.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const clean = lengths.filter((ms) => ms === 0).length;
  return observed(
    done.length,
    `both generations answered fresh requests for ${middle.toFixed(0)} ms in the median of ${done.length} reloads, ` +
      `for ${(sorted.at(-1) ?? 0).toFixed(0)} ms in the longest, not at all in ${clean}`,
  );
}

/** From the first answer of the new generation to the last of an older one. */
function mixedMs(loads: History["loads"], action: ActionRecord, untilMs = Number.POSITIVE_INFINITY): number {
  let firstNewMs = Number.POSITIVE_INFINITY;
  let lastOldMs = Number.NEGATIVE_INFINITY;
  for (const load of loads) {
    for (const { outcome, generation, firstByteMs } of load.ledger.rows()) {
      if (outcome !== "ok" || firstByteMs < action.startedMs || firstByteMs > untilMs) continue;
      if (generation >= action.generation) firstNewMs = Math.min(firstNewMs, firstByteMs);
      else lastOldMs = Math.max(lastOldMs, firstByteMs);
    }
  }
  return Math.max(0, lastOldMs - firstNewMs);
}
