import type { ActionName, Capability, Role } from "./target-facts.ts";
import type { Door } from "./history.ts";

/** A replay: it drives the target and records, and never judges. */
export interface Scenario {
  /** `group/slug`, as the path of its file under `scenarios/`. */
  readonly id: string;
  readonly title: string;
  /** Ids of the rules that its history can decide. */
  readonly decides: readonly string[];
  readonly roles: readonly Role[];
  readonly actions: readonly ActionName[];
  readonly capabilities: readonly Capability[];
  /** Workers that the target is started with, where the target file leaves it open. */
  readonly workers: number;
  drive(stage: Stage): Promise<void>;
}

/**
 * What a scenario may do. In the control phase `reload` and `rotate` leave the target alone and return once a
 * comparable number of requests was answered, so that the same `drive` serves both phases.
 */
export interface Stage {
  readonly phase: "control" | "trial";
  readonly workers: number;
  readonly capabilities: readonly string[];
  /** The ways in that this target has; `front` always. */
  readonly doors: readonly Door[];
  readonly signal: AbortSignal;

  /** Starts requests at a fixed rate. Ends when `stop` is called on it, or with the stage. */
  openLoop(plan: OpenLoopPlan): RunningLoad;
  /** Starts `requests` requests, `concurrency` at a time. */
  closedLoop(plan: ClosedLoopPlan): RunningLoad;
  /** Sends a request that stays in flight until it is released; resolves once the application works on it. */
  hold(plan: { readonly door: Door }): Promise<HeldHandle>;
  /** Puts release N+1 in force and asks the target to take it up; resolves when fresh requests see nothing else. */
  reload(plan?: { readonly bootDelayMs?: number }): Promise<ReloadHandle>;
  /** Asks the application for `records` log records, spread over requests, and waits for the answers. */
  burst(plan: BurstPlan): Promise<void>;
  /** Waits until the log on disk stands still and holds what the bursts wrote, then reads it all. */
  readLogs(name: string): Promise<void>;
  /** Asks for the graceful stop; resolves when it was asked for. After the exit only `readLogs` is of use. */
  stop(): Promise<StopHandle>;
}

export interface RequestPlan {
  readonly method?: "GET" | "POST";
  readonly path?: string;
}

export interface OpenLoopPlan {
  readonly name: string;
  readonly door: Door;
  readonly ratePerSecond: number;
  readonly connections: "fresh" | "kept-alive";
  /** Number of kept-alive sessions. */
  readonly sessions?: number;
  readonly pipelining?: number;
  readonly request?: RequestPlan;
}

export interface ClosedLoopPlan {
  readonly name: string;
  readonly door: Door;
  readonly requests: number;
  readonly concurrency: number;
  readonly connections: "fresh" | "kept-alive";
  readonly request?: RequestPlan;
}

export interface RunningLoad {
  /** Resolves once `count` requests have ended (or the load has); for acting midway. */
  reached(count: number): Promise<void>;
  /** The same, counted from now on. */
  further(count: number): Promise<void>;
  /** No further request is intended; resolves when those in flight have ended. */
  stop(): Promise<void>;
  /** Resolves when a closed loop has ended by itself. */
  readonly finished: Promise<void>;
}

export interface HeldHandle {
  /** Opens the gate and waits for the answer. */
  release(): Promise<void>;
}

export interface ReloadHandle {
  /** Resolves when the processes of the old generation are gone, or the settle time is over. */
  settled(): Promise<void>;
}

export interface StopHandle {
  /** Resolves when the target has ended, by itself or because its time was over. */
  exited(): Promise<void>;
}

export interface BurstPlan {
  readonly name: string;
  /** The requests are dealt out to these in turn. */
  readonly doors: readonly Door[];
  /** Requests in flight at a time, over all doors. */
  readonly concurrency: number;
  readonly requests: readonly { readonly records: number; readonly bytes: number }[];
  /** Called once a part (0 to 1) of the requests was answered. */
  readonly midway?: { readonly at: number; act(): Promise<void> };
}
