import type { Stage } from "../harness/spec/scenario.ts";

/**
 * Waits for what a closed loop is to have done, at most `withinMs`: where one request after the other hangs, a few are enough to
 * see it, and all of them would take minutes.
 */
export async function briefly(stage: Stage, done: Promise<unknown>, withinMs: number): Promise<void> {
  let over = false;
  await Promise.race([done.then(() => (over = true)), stage.until(() => over, withinMs)]);
}
