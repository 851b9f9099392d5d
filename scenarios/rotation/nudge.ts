import type { Stage } from "../../harness/spec/scenario.ts";

/** Until the log is asked once more to take something. */
const NUDGE_EVERY_MS = 250;
const RECORD = { records: 1, bytes: 400 };

/**
 * Waits until it is so, at most the settle time, and records whether it came true. Meanwhile every worker writes a record now
 * and then, for some notice what became of their file only when they write.
 */
export async function nudgeUntil(stage: Stage, name: string, isSo: () => Promise<boolean>): Promise<boolean> {
  const startedMs = stage.now();
  let cameTrue = false;
  for (let nudge = 1; !cameTrue && stage.now() < startedMs + stage.facts.settleMs; nudge++) {
    await stage.burst({
      name: `${name}-nudge-${nudge}`,
      doors: stage.doors,
      concurrency: stage.workers,
      requests: Array.from({ length: stage.workers * 4 }, () => RECORD),
    });
    cameTrue = await stage.until(isSo, NUDGE_EVERY_MS);
  }
  stage.observe({ kind: "wait", name, startedMs, endedMs: stage.now(), cameTrue });
  return cameTrue;
}
