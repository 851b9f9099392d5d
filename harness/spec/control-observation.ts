/* What a scenario saw of the control interface and of starts and stops. `...Ms` instants are on the clock of the history. */

export type ControlObservation = ControlCallSeen | EndpointLook | ListenLook | ProcessLook | StartSeen;

/** One use of the control interface. */
export interface ControlCallSeen {
  readonly kind: "control-call";
  readonly name: string;
  /** The command line, or method, path and address of the request. */
  readonly call: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /**
   * `accepted`: exit status 0, or a 2xx that is not marked as a refusal · `refused`: any other exit status, 4xx, 501, or the mark ·
   * `broken`: neither, such as a signal, no answer, another 5xx, nothing in time.
   */
  readonly answer: "accepted" | "refused" | "broken";
  /** "exit status 1", "status 404", "no answer (ECONNREFUSED)" */
  readonly outcome: string;
  /** Standard output; of a request the body, if it was accepted. */
  readonly output: string;
  /** Standard error; of a request the body, if it was not. */
  readonly complaint: string;
}

/** Who could use an endpoint of the control interface. */
export interface EndpointLook {
  readonly kind: "endpoint";
  readonly name: string;
  readonly endpoint: string;
  readonly atMs: number;
  /** Of a unix socket: the folders on the way that the suite has not made itself, outermost first, and the socket, last. */
  readonly path: readonly {
    readonly path: string;
    readonly type: "folder" | "socket" | "other" | "nothing";
    readonly mode: number;
    readonly uid: number;
    readonly inode: number;
  }[];
  /** What came of connecting to it as a user who is neither its owner nor in a group of his; absent if that can't be tried. */
  readonly stranger?: { readonly connected: boolean; readonly text: string };
}

/** TCP listeners of the target's processes. */
export interface ListenLook {
  readonly kind: "listening";
  readonly name: string;
  readonly atMs: number;
  readonly listeners: readonly { readonly address: string; readonly port: number; readonly pid: number }[];
  /** Ports that the target file asks for. */
  readonly declared: readonly number[];
}

/** The target's processes at one moment, zombies left out. */
export interface ProcessLook {
  readonly kind: "processes";
  readonly name: string;
  readonly atMs: number;
  /** Whom signals for the site go to; 0 if there is nobody. */
  readonly mainPid: number;
  readonly processes: readonly {
    readonly pid: number;
    readonly ppid: number;
    /** Process group. */
    readonly group: number;
    readonly startTicks: number;
    readonly command: string;
  }[];
}

/** The target was started once more, after it had been stopped. */
export interface StartSeen {
  readonly kind: "start";
  readonly name: string;
  readonly startedMs: number;
  /** NaN if it did not get ready. */
  readonly readyMs: number;
  /** Why it did not get ready; empty if it did. */
  readonly reason: string;
  /** The last that it printed. */
  readonly output: string;
  /** Text of its pid file when it was ready or had been given up. */
  readonly pidFile: string;
  /** That file names a process of the target. */
  readonly namesTarget: boolean;
  /** A process of nobody's concern whose pid the file had held before; how it ended meanwhile, if it did. */
  readonly bystander: { readonly pid: number; readonly ended?: string };
}
