import type { ControlCallSeen, ProcessLook } from "./control-observation.ts";
import type { ControlCall, ControlInterface } from "./control.ts";
import type { CommandRun } from "./observation.ts";

/** What a scenario may do as the one who operates the target. */
export interface Operating {
  /** The control interface, as the target file describes it, placeholders included. */
  readonly control: ControlInterface | undefined;
  /** Uses the control interface, recorded. */
  call(plan: CallPlan): Promise<ControlCallSeen>;
  /** Looks at who could use the control interface: by modes, and by trying as another user where that is possible. */
  inspectEndpoints(plan: { readonly name: string; readonly asStranger: boolean }): Promise<void>;
  /** The TCP ports on which the target accepts connections, recorded. */
  inspectPorts(name: string): Promise<void>;
  /** The processes of the target as they are now, recorded. */
  lookAtProcesses(name: string): Promise<ProcessLook>;
  /** Where the site's main process is named, if a file does that. */
  readonly pidFile: string | undefined;
  /** A path as it is now, recorded. */
  lookAtFile(plan: { readonly name: string; readonly path: string }): Promise<void>;
  /** Looks at the pid file every few milliseconds; records on `stop` whether it always named a process of the target. */
  watchPidFile(name: string): { stop(): void };
  /** Runs the target's `start` while it runs; what has not ended by then is ended. Recorded as a command. */
  startSecond(plan: { readonly name: string; readonly withinMs: number }): Promise<CommandRun>;
  /** After `stop`: starts the target once more, its pid file naming a process of nobody's concern; records it and ends it again. */
  startAnew(name: string): Promise<void>;
}

export interface CallPlan {
  readonly name: string;
  readonly call: ControlCall;
  /** For `${program}`; arguments with the placeholder are left out where it is not given. */
  readonly program?: string;
  /** For `${verb}`. */
  readonly verb?: string;
  /** `LIMITS.commandMs` unless told. */
  readonly withinMs?: number;
}
