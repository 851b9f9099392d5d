import { countLogLines } from "../logs/follow.ts";
import type { History } from "../spec/history.ts";
import { awaitCalm } from "./await-calm.ts";
import { HistoryRecorder } from "./recorder.ts";
import type { PhasePlan } from "./context.ts";
import { watchPauses } from "./pause-watch.ts";
import { createStage } from "./stage.ts";

/** Drives one phase of a scenario on a booted target and returns what it left behind. */
export async function drivePhase(plan: PhasePlan): Promise<History> {
  const { target, site, scenario, phase, signal } = plan;
  const linesBefore = await countLogLines(target.logPatterns(site));
  const recorder = new HistoryRecorder();
  await using sampler = target.startSampler(recorder.now);
  using pauseWatch = watchPauses(recorder.now);
  const base = target.processes().length;
  const stage = createStage(plan, recorder, linesBefore);
  try {
    await scenario.drive(stage);
  } finally {
    await stage.end();
  }
  if (!recorder.stop) await awaitCalm(target, base, signal);
  return recorder.history(scenario.id, phase, target.facts(site), {
    processes: await sampler.stop(),
    pauses: pauseWatch.pauses,
  });
}
