/** Every bound of the suite, in one place. Milliseconds unless the name says otherwise. */
export const LIMITS = {
  /** A connection that is neither accepted nor refused by then counts as `connect-timeout`. */
  connectMs: 5_000,
  /** A request without a complete answer by then, counted from its intended time, is `hung`. */
  requestMs: 15_000,
  /**
   * p99 of the generator's own lateness above which a run says nothing about the target: a tenth of the default budget for
   * a stall, since latencies are counted from the intended time and so contain it.
   */
  latenessP99Ms: 100,
  /** From TERM to KILL when the harness ends a target. */
  terminateMs: 5_000,
  /** From KILL to giving up on a process that does not go. */
  killMs: 2_000,
  /** A target is given up if it is not ready by then and its file says nothing else. */
  readyMs: 10_000,
  /** Between two tries of a readiness probe. */
  readyProbeEveryMs: 25,
  /** A pid file that names nobody is looked at again for as long: gunicorn's new master takes its place within a second. */
  pidFileMs: 2_000,
  /** A command may take this long; one that is given as an action, so much longer than what it may wait for. */
  commandMs: 15_000,
  /** By then a stop has begun whose command waits for its end, whether or not anything shows. */
  stopShowsMs: 1_000,
  /** A held request that the application has not entered by then. */
  gateMs: 10_000,
  /** The application answers a held request that nobody has released so long after the settle time. */
  holdMs: 20_000,
  /** A server may give something up so much later than it is configured to: some look at their clock once a second. */
  giveUpMarginMs: 2_000,
  /** A server that does not ask for the body of an upload by then will not: it is held all the same. */
  continueMs: 1_000,
  /** A request that only asks which generation answers. */
  askMs: 3_000,
  /** The log on disk has come to rest when it holds all, or when nothing was added for this long. */
  logQuietMs: 1_000,
  logMs: 20_000,
  /** Between two looks at the sizes of the log files. */
  logLookEveryMs: 25,
  /** A longer line of a log is read in parts, so that a file without newlines can't exhaust the memory. */
  logLineBytes: 64 * 1024 * 1024,
  /** The reader of a log is held up for as long as a burst takes to be answered, at most. */
  frozenMs: 5_000,
  /** For the replacements of a release that fails to come and go. */
  tracebackMs: 3_000,
  /** How long processes that have nothing to do are watched for what they use of the CPU. */
  cpuWatchMs: 1_000,
  /** Between two ticks of the suite's own event loop; one that comes later than the other is a pause of the suite. */
  pauseTickEveryMs: 20,
  pauseMs: 50,
  /** Between two looks at the process table. */
  sampleEveryMs: 50,
  /** Between two looks at memory, which cost the kernel a walk over page tables. */
  sampleMemoryEveryMs: 500,
  /** A process that goes by itself within this time after the stop is not left over. */
  leftOverGraceMs: 2_000,
  /** From TERM to KILL after an interrupt, when somebody waits for the prompt. */
  interruptedTerminateMs: 1_000,
  /** Between two looks for a gate's file, should the folder's notification be lost. */
  gatePollEveryMs: 100,
  /** Answers that each load of a control gets in place of a reload; a number, not a time. */
  controlRequestsPerReload: 30,
  /** Fewer reloads are no loop, and tell no trend; a number. */
  loopReloads: 24,
  /** How long a line of console or log is waited for, and between two looks for it: some servers say what they think later. */
  serverLinesMs: 8_000,
  serverLinesEveryMs: 100,
  /** For a proxy to ask an upstream again that it takes for down. */
  blackoutMs: 10_000,
  /** A valid request on a raw connection without an answer by then stays unanswered. */
  answerMs: 5_000,
  /** A wait on a raw connection counts a pause of the suite itself as no longer than this. */
  conversationSliceMs: 50,
  /** Text kept of each direction of a raw connection. */
  conversationBytes: 16 * 1024,
  /** Replays of a scenario, if the machine was too busy for the generator in all but the last; a number. */
  replays: 2,
  /** Evidence items per verdict, raw lines per excerpt. */
  evidenceItems: 10,
  excerptBytes: 200,
  serverLineBytes: 1_000,
  outputBytes: 64 * 1024,
  /** Width of a bucket of the timeline around an action. */
  timelineBucketMs: 25,
} as const;
