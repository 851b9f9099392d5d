import { z } from "zod";

/*
 * The one file of production settings: sites, programs, logging, control. Sizes take a unit ("2MiB"), times end in
 * their unit in the key's name. `${NAME:-default}` is filled in from the environment before the file is parsed.
 */

const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "expected a name of lower-case letters, digits and dashes");

const milliseconds = z.coerce.number().int().nonnegative();

const UNITS: Readonly<Record<string, number>> = { "": 1, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Number of bytes, also as "64KiB", "2MiB", "1GiB"; 0 switches the limit off. */
const size = z.union([z.number(), z.string()]).transform((value, context) => {
  const match = /^(\d+) *(B|KiB|MiB|GiB)?$/.exec(String(value));
  if (match) return Number(match[1]) * (UNITS[match[2] ?? ""] ?? 1);
  context.addIssue({ code: "custom", message: `expected a size such as 65536, "64KiB" or "2MiB", not "${value}"` });
  return z.NEVER;
});

/** `host:port` or the path of a unix socket (starting with `/` or `.`). */
const address = z
  .string()
  .regex(/^([^/:\s]+|\[[0-9a-f:]+\]):\d{1,5}$|^[./]\S*$/, "expected HOST:PORT or the path of a unix socket");

const logLimits = {
  /** A file is rotated before it would grow beyond this. */
  maxBytes: size,
  backups: z.coerce.number().int().nonnegative(),
  compress: z.enum(["none", "gzip", "zstd"]),
  /** Bytes held in memory per program while the disk does not take them; beyond that records are dropped and counted. */
  bufferBytes: size,
};

const logging = z.strictObject({
  maxBytes: logLimits.maxBytes.default(50 * 1024 ** 2),
  backups: logLimits.backups.default(10),
  compress: logLimits.compress.default("none"),
  bufferBytes: logLimits.bufferBytes.default(8 * 1024 ** 2),
});

/** Of one program; without defaults, for what it leaves out is as the stack says. */
const programLogging = z.strictObject(logLimits).partial();

const prefork = z.strictObject({
  /** Path of the module to serve, relative to the stack file. */
  app: z.string(),
  listen: address,
  backlog: z.coerce.number().int().positive().default(2048),
  /**
   * `per-worker`: as many sockets with SO_REUSEPORT as there are workers at the start, so that the kernel deals out the connections; not
   * for unix sockets. More workers share them, and those of missing ones are accepted from by others.
   */
  listeners: z.enum(["shared", "per-worker"]).default("shared"),
  workers: z.coerce.number().int().positive().default(2),
  strategy: z.enum(["all-at-once", "rolling", "restart"]).default("all-at-once"),
  bootTimeoutMs: milliseconds.default(30_000),
  /** Workers still busy this long after they were asked to leave are killed. */
  gracefulTimeoutMs: milliseconds.default(30_000),
  /** A worker whose event loop is silent for longer is killed and replaced; 0 switches it off. */
  workerTimeoutMs: milliseconds.default(30_000),
  /** A worker is replaced after this many requests, plus or minus the jitter; 0 switches it off. */
  maxRequests: z.coerce.number().int().nonnegative().default(0),
  maxRequestsJitter: z.coerce.number().int().nonnegative().default(0),
  keepAliveTimeoutMs: milliseconds.default(75_000),
  backoffMinMs: milliseconds.default(100),
  backoffMaxMs: milliseconds.default(10_000),
});

const proxy = z.strictObject({
  listen: address,
  backlog: z.coerce.number().int().positive().default(2048),
  connectTimeoutMs: milliseconds.default(5_000),
  /** From the first byte of a request to the end of its head. */
  headerTimeoutMs: milliseconds.default(10_000),
  /** Longest silence of the client while it sends a body, and of the upstream while it answers. */
  bodyTimeoutMs: milliseconds.default(30_000),
  upstreamTimeoutMs: milliseconds.default(60_000),
  /** Longest time that a client may leave an answer unread. */
  sendTimeoutMs: milliseconds.default(60_000),
  keepAliveTimeoutMs: milliseconds.default(75_000),
  maxHeaderBytes: size.default(16 * 1024),
  /** Idle upstream connections kept per site, and for how long (below the upstream's own limit). */
  poolSize: z.coerce.number().int().nonnegative().default(64),
  poolIdleMs: milliseconds.default(30_000),
  gracefulTimeoutMs: milliseconds.default(30_000),
  /** While the proxy stops: a connection without a request for this long is closed, any other after its next answer. */
  idleGraceMs: milliseconds.default(3_000),
  /** How long to go on connecting to an upstream that refuses (it restarts, say), within `connectTimeoutMs`; 0 answers 502 at once. */
  connectRetryMs: milliseconds.default(0),
  /** File for one record per request, relative to `logDir`, opened anew on USR1; standard output if absent. */
  accessLog: z.string().optional(),
});

const program = z
  .strictObject({
    /** Start a server of this package ... */
    prefork: prefork.optional(),
    proxy: proxy.optional(),
    /** ... or any command, by arguments. */
    command: z.array(z.string()).min(1).optional(),
    /** Relative to the stack file's folder, which is the default. */
    cwd: z.string().optional(),
    /** Added to the supervisor's own; a variable given as empty is taken away. */
    env: z.record(z.string(), z.string()).default({}),
    /** Order of starting, lowest first; stopping goes the other way. */
    priority: z.coerce.number().int().default(100),
    autostart: z.boolean().default(true),
    /** A program that ends sooner than this after its start counts as failed to start. */
    startMs: milliseconds.default(500),
    stopSignal: z.enum(["TERM", "INT", "QUIT", "HUP", "KILL"]).default("TERM"),
    stopMs: milliseconds.default(35_000),
    backoffMinMs: milliseconds.default(100),
    backoffMaxMs: milliseconds.default(10_000),
    logging: programLogging.optional(),
  })
  .refine((p) => [p.prefork, p.proxy, p.command].filter(Boolean).length === 1, {
    message: "expected exactly one of prefork, proxy, command",
  });

const site = z.strictObject({
  /** Names in the Host field, lower case; `*` takes what no other site does. */
  hosts: z.array(z.string()).min(1),
  upstream: address,
});

export const stackSchema = z.strictObject({
  /** Folders, relative to the stack file: pid files and the control socket; log files. */
  runDir: z.string().default("run"),
  logDir: z.string().default("logs"),
  sites: z.record(name, site).default({}),
  programs: z.record(name, program),
  logging: logging.prefault({}),
  control: z
    .strictObject({
      /** Socket of the owner, who may do everything. */
      socket: z.string().default("control/admin.sock"),
      /** Socket of the deploy role: status, pid and reload of the programs named. */
      deploy: z
        .strictObject({
          socket: z.string().default("control/deploy.sock"),
          programs: z.array(name).min(1),
          /** Group that may use it, by number; the owner only if absent. */
          gid: z.number().int().optional(),
        })
        .optional(),
    })
    .prefault({}),
});

export type StackFile = z.infer<typeof stackSchema>;
export type ProgramSettings = StackFile["programs"][string];
export type PreforkSettings = z.infer<typeof prefork>;
export type ProxySettings = z.infer<typeof proxy>;
export type SiteSettings = z.infer<typeof site>;
export type LoggingSettings = z.infer<typeof logging>;
