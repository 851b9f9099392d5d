import type { StopHandle } from "../spec/scenario.ts";
import type { StageContext } from "./context.ts";

/** Asks the target for its graceful stop; resolves as soon as it was asked. */
export async function requestStop({ target, recorder, signal }: StageContext): Promise<StopHandle> {
  const asked = Promise.withResolvers<void>();
  const stopped = target.stop(signal, asked.resolve).then(({ startedMs, exitedMs, error, ...outcome }) => {
    asked.resolve();
    recorder.stop = { ...outcome, startedMs: recorder.at(startedMs), exitedMs: recorder.at(exitedMs) };
    if (error !== undefined) throw new Error(`the stop could not be asked for: ${error}`);
  });
  await Promise.race([asked.promise, stopped]);
  return { exited: () => stopped };
}
