import type { ActionName, Capability, Role, Variant } from "./target-facts.ts";
import type { LogHands } from "./log-hands.ts";
import type { ActionRecord, Door, HeldBy, LedgerRow, ProcessFacts, ReleaseKind, TargetFacts } from "./history.ts";
import type { Observation, SinkEvent } from "./observation.ts";
import type { Operating } from "./operating.ts";

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
  /** Workers that the target is started with, where the target file leaves it open; at least so many, unless exact. */
  readonly workers: number;
  readonly exactWorkers?: true;
  /** The way of starting the target that it needs; the ordinary one if absent. */
  readonly variant?: Variant;
  /**
   * `each` site of a target has its turn; or `one`, where all sites are served by the same machinery: which one it is goes by
   * the place of the scenario in the list, and a thorough run takes each. `each` if absent.
   */
  readonly sites?: "each" | "one";
  /** Where the log is what the target writes to its standard error, a reader brings it to disk that `Stage.sink` can hold up. */
  readonly sink?: "pipe";
  drive(stage: Stage): Promise<void>;
}

/**
 * What a scenario may do. In the control phase `reload` and `rotate` leave the target alone and return once a
 * comparable number of requests was answered, so that the same `drive` serves both phases.
 */
export interface Stage extends Operating {
  readonly phase: "control" | "trial";
  readonly workers: number;
  readonly capabilities: readonly string[];
  /** The ways in that this target has; `front` always. */
  readonly doors: readonly Door[];
  /** Names of the target's other sites. */
  readonly neighbours: readonly string[];
  /** The server behind a proxy, where the suite runs it. */
  readonly origin: OriginHandle | undefined;
  readonly signal: AbortSignal;
  readonly facts: TargetFacts;
  /** A run that may take its time, and then decides with more trials. */
  readonly thorough: boolean;
  /** Milliseconds on the clock of the history. */
  now(): number;

  /** Starts requests at a fixed rate. Ends when `stop` is called on it, or with the stage. */
  openLoop(plan: OpenLoopPlan): RunningLoad;
  /** Starts `requests` requests, `concurrency` at a time. */
  closedLoop(plan: ClosedLoopPlan): RunningLoad;
  /** Sends a request that stays in flight until it is released; resolves once the application works on it. */
  hold(plan: HoldPlan): Promise<HeldHandle>;
  /** The gate of a held request that a raw connection sends: `GET /hold?gate=NAME`. */
  gate(name: string): GateHandle;
  /** One request on a connection of its own, recorded as an observation. */
  request(plan: SingleRequestPlan): Promise<LedgerRow>;
  /** A raw connection, recorded as an observation when it is closed or the phase ends. */
  converse(plan: ConversationPlan): Promise<ConversationHandle>;
  /**
   * Puts release N+1 in force and asks the target to take it up; resolves when fresh requests see nothing else. With
   * `awaits: "nothing"`, and for a release that fails or hangs, it resolves as soon as the target was asked; by a command, which
   * may last as long as the old workers, no later than when the new code serves.
   */
  reload(plan?: ReloadPlan): Promise<ReloadHandle>;
  /** True if the target file says how to do it. */
  can(action: ActionName): boolean;
  /** Another action of the target file, recorded. Left out in the control. */
  act(action: Exclude<ActionName, "reload" | "stop">): Promise<ActionRecord | undefined>;
  /** A signal to a process of the target, or with a negative pid to the group it is in, recorded. Left out in the control. */
  kill(plan: { readonly name: string; readonly pid: number; readonly signal: NodeJS.Signals }): boolean;
  /** Asks until every worker has answered, or long enough; the living pids that answered with the newest generation of any. */
  servingWorkers(): Promise<readonly number[]>;
  /** Whom the signals of this site go to. */
  mainPid(): Promise<number>;
  /** Processes of the target alive, or zombies, now. */
  processes(): readonly ProcessFacts[];
  /** What others than the target do to its log files. */
  readonly logHands: LogHands;
  /** Looks at the processes until `isSo` holds, at most `withinMs`; resolves to whether it came true. */
  until(isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean>;
  /** Listening sockets that a process has open, recorded as an observation; nothing if it is gone. */
  lookAtListeners(plan: { readonly name: string; readonly pid: number }): Promise<void>;
  /** Descriptors and memory of a process, recorded as an observation. */
  weigh(plan: { readonly name: string; readonly pid: number }): Promise<void>;
  /** Waits until the processes have ended, at most `withinMs`; records how, for each that is still a zombie. */
  awaitExits(plan: {
    readonly name: string;
    readonly pids: readonly number[];
    readonly withinMs: number;
  }): Promise<void>;
  /** Records all that console and logs hold besides the application's records of requests; `until` waits for lines, with a bound. */
  readServerLines(name: string, until?: (lines: readonly string[]) => boolean): Promise<readonly string[]>;
  /** Connects to a door again and again, at once ending each connection; recorded as a poll when it is stopped. */
  pollConnect(plan: { readonly name: string; readonly door: Door }): { stop(): Promise<void> };
  /** Connections that wait to be accepted at a door, recorded as an observation; not for unix sockets. */
  lookAtListenQueue(plan: { readonly name: string; readonly door: Door }): void;
  /**
   * Does something to whoever reads the target's log, recorded: the suite's own reader where the scenario asks for the sink
   * `pipe`, else the supervisor, which can't be lost. Left out in the control.
   */
  sink(event: SinkEvent): Promise<void>;
  /** Watches for `LIMITS.cpuWatchMs` what the processes use of the CPU, recorded. Left out in the control. */
  watchCpu(name: string): Promise<void>;
  /** Puts something into the history that the scenario, or a helper of it, has seen by itself. */
  observe(observation: Observation): void;
  /** Asks the application for `records` log records, spread over requests, and waits for the answers. */
  burst(plan: BurstPlan): Promise<void>;
  /** Waits until the log on disk stands still and holds what the bursts wrote, then reads it all. */
  readLogs(name: string): Promise<void>;
  /**
   * Another instance of the target, asked to reload `askAfterMs` after its main process could be named (where that is the one
   * that the suite starts: after its program could have begun), or left alone while it boots, and once it is ready to take up a
   * release of its own; recorded as an observation. Resolves to whether it did all that, as the same process. Left out in the
   * control.
   */
  bootAnother(plan: { readonly name: string; readonly askAfterMs?: number }): Promise<boolean>;
  /**
   * After the end of the main process: starts the target once more in the same place, unless a supervisor does; resolves when
   * a new process answers, or none does in time. Recorded as an observation. Left out in the control.
   */
  restart(name: string): Promise<void>;
  /** Asks for the graceful stop; resolves when it was asked for. After the exit only `readLogs` is of use. */
  stop(): Promise<StopHandle>;
}

export interface OriginHandle {
  /** How long it lets a connection lie idle; for ever if undefined. */
  readonly idleMs: number | undefined;
  /** Refuses all connections, and ends those that there are, until `work` has ended. */
  away(work: () => Promise<void>): Promise<void>;
  /** Puts what reached it since the last look into the history. */
  look(name: string): void;
}

export interface RequestPlan {
  readonly method?: "GET" | "POST";
  readonly path?: string;
  readonly body?: Uint8Array;
}

export interface SingleRequestPlan extends RequestPlan {
  readonly name: string;
  readonly door: Door;
  /** From sending it to `hung`; `LIMITS.requestMs` unless told. */
  readonly withinMs?: number;
}

export interface ReloadPlan {
  readonly release?: ReleaseKind;
  readonly bootDelayMs?: number;
  /** The `setting` that the release brings along; `blue` unless told. */
  readonly setting?: string;
  readonly awaits?: "served" | "nothing";
  /** For `bad-config`: in which of the `configReloads` ways, counted from 0, the first being the ordinary reload. */
  readonly way?: number;
  /** Instead of the target file's action: the same signal to the whole process group, for instance. */
  readonly by?: () => Promise<Pick<ActionRecord, "error" | "refused">>;
}

export interface ConversationPlan {
  readonly name: string;
  readonly door: Door;
}

export interface ConversationHandle {
  /** An id that is used nowhere else in the run, for the request's `x-hupspec-id`. */
  readonly id: string;
  /** What a Host field has to say at this door. */
  readonly hostHeader: string;
  /** All that came so far, as Latin-1. */
  readonly received: string;
  /** The peer has ended the connection, or it never came to be. */
  readonly ended: boolean;
  /** Resolves when the bytes are handed to the kernel, or the connection has ended. */
  send(bytes: string | Uint8Array): Promise<void>;
  /** Resolves to whether `isSo` came true of what was received before the connection ended or the time was over. */
  until(isSo: (received: string) => boolean, withinMs: number): Promise<boolean>;
  /** Reads nothing until `resume`: what the peer sends stays with the system, as far as it takes it. */
  pause(): void;
  resume(): void;
  /** Resolves to whether the peer ended the connection in time. */
  untilEnded(withinMs: number): Promise<boolean>;
  /** Ends it from our side; what it was is in the history from then on. Idempotent. */
  close(): void;
}

export interface OpenLoopPlan {
  readonly name: string;
  /** One of the neighbours; the site that the scenario is about if absent. */
  readonly site?: string;
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

export interface HoldPlan {
  readonly door: Door;
  /** `gate` unless told. */
  readonly by?: HeldBy;
  /** How long it is waited for that the application enters the gate; `LIMITS.gateMs` unless told. */
  readonly enterMs?: number;
  /** Of a held stream: lines, and the time between two of them. */
  readonly stream?: { readonly chunks: number; readonly everyMs: number };
}

export interface GateHandle {
  /** Resolves to whether the application entered it in time. */
  entered(withinMs?: number): Promise<boolean>;
  open(): Promise<void>;
}

export interface HeldHandle {
  /** Opens the gate and waits for the answer. */
  release(): Promise<void>;
}

export interface ReloadHandle {
  /** What should serve from now on. */
  readonly generation: number;
  /** Whoever was asked for the reload has said no. */
  readonly refused: boolean;
  /** Some answer came from the new generation, though others may still come from the old one. */
  readonly isTakenUp: boolean;
  /** Resolves when fresh requests are answered by the new generation alone, or the settle time is over. Idempotent. */
  served(): Promise<void>;
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
