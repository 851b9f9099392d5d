import type { Driver, Expectation } from "../client/load-options.ts";
import type { Door, History, LoadRecord } from "../spec/history.ts";
import type { RunningLoad, Scenario } from "../spec/scenario.ts";
import type { BootedTarget } from "../targets/booted-target.ts";
import type { Endpoint } from "../targets/endpoint.ts";
import type { TargetFile } from "../targets/schema.ts";
import type { HistoryRecorder } from "./recorder.ts";

export interface PhasePlan {
  readonly target: BootedTarget;
  readonly site: string;
  readonly scenario: Scenario;
  readonly phase: History["phase"];
  readonly runId: string;
  readonly signal: AbortSignal;
  /** A run that may take its time. */
  readonly thorough: boolean;
}

/** What the parts of a stage share. */
export interface StageContext extends PhasePlan {
  readonly recorder: HistoryRecorder;
  /** Loads that run, by name. */
  readonly running: Map<string, Driver>;
  /** Raw connections that are not closed yet. */
  readonly talks: Set<{ close(): void }>;
  /** Lines that the log held when the phase began, and those of the phase that it is known to have lost. */
  readonly lines: { readonly before: number; lost: number };
  /** Reloads that whoever was asked for them has not returned from. */
  readonly asking: Set<Promise<void>>;
  /** Answers to requests of the stage's own. */
  readonly asked: { answers: number };
  /** Processes that have answered anything in this phase, with the newest generation that they did it with. */
  readonly met: ReadonlyMap<number, number>;
  readonly meet: (worker: number, generation: number) => void;
  /** Strikes those off `met` that are no longer there. */
  forgetDead(): void;
  /** What an ordinary request asks for, and what makes its answer right. */
  readonly probe: { readonly path: string; readonly expect: Expectation };
  /** Starts an id that is used nowhere else in the run. */
  idPrefix(label: string): string;
  endpoint(door: Door, site?: string): Endpoint;
  /** Puts what a load left behind into the history, once. */
  keep(name: string, driver: Driver, site?: string): RunningLoad;
}

export function createContext(plan: PhasePlan, recorder: HistoryRecorder, linesBefore: number): StageContext {
  const { target, site, phase, scenario } = plan;
  const running = new Map<string, Driver>();
  const met = new Map<number, number>();
  let labels = 0;
  return {
    ...plan,
    met,
    // Answers may overtake each other: the newest generation counts, not the last answer.
    meet: (worker, generation) => void met.set(worker, Math.max(generation, met.get(worker) ?? 0)),
    forgetDead() {
      const alive = new Set(target.processes().flatMap(({ pid, state }) => (state === "Z" ? [] : [pid])));
      for (const pid of met.keys()) if (!alive.has(pid)) met.delete(pid);
    },
    recorder,
    running,
    talks: new Set(),
    lines: { before: linesBefore, lost: 0 },
    asking: new Set(),
    asked: { answers: 0 },
    probe: probeOf(target.definition.settings, target.numberOf(site)),
    idPrefix: (label) => `${phase[0]}${++labels}.${scenario.id.replace(/.*\//, "")}.${label}.`,
    endpoint: (door, of = site) => {
      const endpoint = target.site(of).endpoints[door];
      if (endpoint) return endpoint;
      throw new TypeError(`expected ${target.name}/${of} to have the door ${door}`);
    },
    keep(name, driver, site) {
      if (running.has(name)) throw new TypeError(`expected a load with a name of its own, "${name}" runs`);
      running.set(name, driver);
      const finished = driver.finished.then((record: LoadRecord) => {
        running.delete(name);
        recorder.loads.push(site === undefined ? record : { ...record, site });
      });
      return {
        reached: (count) => driver.reached(count),
        further: (count) => driver.further(count),
        stop: async () => {
          await driver.stop();
          await finished;
        },
        finished,
      };
    },
  };
}

function probeOf(
  { probe }: Pick<TargetFile, "probe">,
  numberOf: ReturnType<BootedTarget["numberOf"]>,
): StageContext["probe"] {
  if (probe === "contract") return { path: "/", expect: "contract" };
  const { path, status, generation } = probe;
  const named = generation && { generationHeader: generation.header, ...(numberOf && { numberOf }) };
  return { path, expect: { status, ...named } };
}
