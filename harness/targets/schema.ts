import { z } from "zod";
import { REQUIREMENTS } from "../spec/catalogue.ts";
import { ACTION_NAMES, CAPABILITIES, ROLES, VARIANTS } from "../spec/target-facts.ts";
import { LIMITS } from "../spec/limits.ts";
import { whyNotAttached } from "./attached.ts";
import { controlSchema } from "./control-schema.ts";

/*
 * Target file, version 1. Every string may hold placeholders (placeholders.ts), so that URLs and paths are checked
 * only once these are filled in. Unknown keys are errors.
 */

const RULES: ReadonlySet<string> = new Set(REQUIREMENTS.map(({ id }) => id));
const NAME = /^[a-z0-9][a-z0-9-]*$/;
const name = z.string().regex(NAME, "expected a name of lower-case letters, digits and dashes");
const text = z.string().min(1, "expected some text");
const COMMAND = "expected a command as a list of arguments, its name first: [server, --port, 80]";
const command = z.array(z.string(), { error: COMMAND }).min(1, COMMAND);
const milliseconds = z.number().int().nonnegative();
const http = z
  .string()
  .refine((value) => value.startsWith("http://") && isUrl(value), "expected a URL such as http://127.0.0.1:${port}")
  .meta({ pattern: String.raw`^http://\S+$` });
/** Where a target is reached. */
const url = z
  .string()
  .refine((value) => !value.startsWith("https://"), "expected plain http://, for the suite does not speak TLS")
  .refine(
    (value) => /^https:|^unix:\S+$/.test(value) || (value.startsWith("http://") && isUrl(value)),
    "expected a URL such as http://127.0.0.1:${port}, or unix:${workspace}/run/app.sock for a unix socket",
  )
  .meta({ pattern: String.raw`^(http://|unix:)\S+$` });

/** Environment values may be written as numbers or booleans. */
const environment = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));

export const SIGNALS = [
  "HUP",
  "INT",
  "QUIT",
  "TERM",
  "USR1",
  "USR2",
  "TTIN",
  "TTOU",
  "WINCH",
  "ALRM",
  "CONT",
  "STOP",
  "KILL",
] as const;
const signal = z.enum(SIGNALS, { error: `expected a signal, one of ${SIGNALS.join(", ")}` });

const signalAction = z
  .strictObject({
    signal,
    /** A process other than `main`: the one whose id stands in this file ... */
    pidfile: text.optional(),
    /** ... or the one that `start` started. */
    to: z.enum(["main", "child"]).optional(),
  })
  .refine(({ pidfile, to }) => pidfile === undefined || to === undefined, {
    message: "expected pidfile or to, not both",
  });

const ACTION =
  "expected {signal: HUP}, {command: [...]}, {http: {method: POST, url: ...}} or {touch: PATH}, or a list of these";
const step = z.union([
  signalAction,
  z.strictObject({ command }),
  z.strictObject({
    http: z.strictObject({ method: z.enum(["GET", "POST", "PUT", "DELETE"]).default("POST"), url: http }),
  }),
  z.strictObject({ touch: text }),
]);

/** One step, or several that run in order until one fails. */
const action = z.union([step, z.array(step).min(1, ACTION)], { error: ACTION });

const main = z.union(
  [
    z.strictObject({ child: z.literal(true) }),
    z.strictObject({ pidfile: text }),
    /** Prints the process id. */
    z.strictObject({ command }),
  ],
  { error: "expected {child: true}, {pidfile: PATH} or {command: [...]}" },
);

const probe = z.union(
  [
    z.literal("contract"),
    z.strictObject({
      path: z.string().startsWith("/", "expected a path such as /"),
      status: z.number().int().min(100).max(599).default(200),
      generation: z.strictObject({ header: text }).optional(),
    }),
  ],
  { error: "expected contract, or {path: /, status: 200, generation: {header: NAME}}" },
);

const capabilities = z.array(z.enum(CAPABILITIES, { error: `expected one of ${CAPABILITIES.join(", ")}` }));

/** Text with placeholders, or another file as it is. */
const fileContents = z.union([z.string(), z.strictObject({ copy: text })]);
const workspaceFiles = z.record(z.string(), fileContents);

const badConfig = z.strictObject({
  /** Written over files of the workspace, which are put back before the next reload. */
  files: workspaceFiles,
  /** Besides the reload: other ways to have the configuration read, each of which has to refuse it as well. */
  alsoBy: z.array(action).default([]),
});

const site = z.strictObject({
  name,
  /** Host field of the requests; host and port of the URL by default. */
  host: text.optional(),
  url,
  /** Straight at the application server, past the front. */
  direct: url.optional(),
  /** Ready-made probe app of this site, instead of the target's. */
  app: text.optional(),
  /** Instead of the target's. */
  capabilities: capabilities.optional(),
});

const knownFailure = z.strictObject({
  requirement: z.string(),
  reason: text,
  link: text.optional(),
  /** Sites that show it; all of them by default. */
  sites: z.array(name).min(1).optional(),
  /** A race that a run may miss: where the rule passes, that is no news. */
  intermittent: z.boolean().optional(),
});

/** What another way of starting the server changes: maps are added to, all else is replaced. */
const variant = z.strictObject({
  start: command.optional(),
  /** Added at the end of `start`. */
  args: z.array(z.string()).optional(),
  env: environment.optional(),
  files: workspaceFiles.optional(),
  url: url.optional(),
  drainMs: milliseconds.optional(),
  bootMs: milliseconds.optional(),
  hangMs: milliseconds.optional(),
  slowClientMs: milliseconds.optional(),
});

export const targetSchema = z
  .strictObject({
    hupspec: z.literal(1, { error: "expected 1, the version of the format" }),
    name,
    role: z.enum(ROLES, { error: `expected one of ${ROLES.join(", ")}` }),
    requires: z
      .strictObject({
        /** On PATH. */
        commands: z.array(text).default([]),
        /** Packages of Debian that bring them. */
        debian: z.array(text).default([]),
        /** Packages in a `node_modules` beside the target file, or above it. */
        npm: z.array(text).default([]),
      })
      .prefault({}),
    /** Prints the version in its first line. */
    version: command.optional(),
    /** Name of a ready-made probe app, a folder beside the target file (`./app`), or `none`. */
    app: text.default("none"),
    workers: z.number().int().positive().default(2),
    /** How many requests one worker works on at a time, where that is few: 1 for sync workers. */
    requestsPerWorker: z.number().int().positive().optional(),
    /** Written into the workspace before the start, by relative path. */
    files: workspaceFiles.default({}),
    /**
     * Stays in the foreground. Without it the target is attached: a service that runs already, which the suite neither starts nor
     * stops; it is reached by its URL, and deployed and reloaded by commands or requests.
     */
    start: command.optional(),
    env: environment.default({}),
    url: url.optional(),
    sites: z.array(site).default([]),
    /** For a proxy: the suite serves the probe contract on this port of 127.0.0.GENERATION, and misbehaves there on demand. */
    upstream: z
      .strictObject({
        port: text,
        /** How long that server lets a connection lie idle, which the proxy's configuration has to allow for. */
        idleMs: milliseconds.optional(),
      })
      .optional(),
    probe: probe.default("contract"),
    ready: z
      .strictObject({
        path: z.string().startsWith("/", "expected a path such as /").optional(),
        withinMs: milliseconds.default(LIMITS.readyMs),
      })
      .prefault({}),
    main: main.default({ child: true }),
    actions: z.partialRecord(z.enum(ACTION_NAMES), action).default({}),
    control: controlSchema.optional(),
    /** Configuration to rewrite, then a command to run, when a release is put in force; the reload comes after it. */
    deploy: z.strictObject({ files: workspaceFiles.default({}), command: command.optional() }).prefault({}),
    /** How to make the server's configuration invalid. */
    badConfig: badConfig.optional(),
    logs: z
      .strictObject({
        /** Paths with `*`, live file and backups. */
        files: z.array(text).min(1),
        /** Of a supervisor or stack: false where its programs write these files themselves. */
        relayed: z.boolean().default(true),
        limits: z
          .strictObject({ maxBytes: z.number().int().positive(), backups: z.number().int().nonnegative() })
          .optional(),
      })
      .optional(),
    drainMs: milliseconds.default(30_000),
    /** When a replacement that never gets ready is given up, and when a worker that stopped answering is replaced. */
    bootMs: milliseconds.optional(),
    hangMs: milliseconds.optional(),
    /** When a client is given up that sends no whole head, no more of its body, or does not read its answer. */
    slowClientMs: milliseconds.optional(),
    settleMs: milliseconds.default(5_000),
    budget: z.strictObject({ stallMs: milliseconds.default(1_000), p99Ms: milliseconds.default(500) }).prefault({}),
    capabilities: capabilities.default([]),
    /** Other ways to start the same server, for rules that an ordinary start can't decide. */
    variants: z
      .partialRecord(z.enum(VARIANTS, { error: `expected one of ${VARIANTS.join(", ")}` }), variant)
      .default({}),
    knownFailures: z.array(knownFailure).default([]),
  })
  .superRefine((target, context) => {
    const complain = (path: PropertyKey[], message: string): void =>
      context.addIssue({ code: "custom", path, message });
    if (target.sites.length === 0 && target.url === undefined) complain([], "expected url, or sites with a URL each");
    if (target.sites.length > 0 && target.url !== undefined) complain(["url"], "expected url or sites, not both");
    if (target.start === undefined) for (const { path, message } of whyNotAttached(target)) complain(path, message);
    const seen = new Set<string>();
    for (const [index, { name }] of target.sites.entries()) {
      if (seen.has(name)) complain(["sites", index, "name"], `expected a name of its own, "${name}" is taken`);
      seen.add(name);
    }
    const names = target.sites.length > 0 ? [...seen] : ["main"];
    for (const [index, { requirement, sites = [] }] of target.knownFailures.entries()) {
      if (!RULES.has(requirement)) {
        const message = `expected the id of a rule (npx hupspec requirements), there is no "${requirement}"`;
        complain(["knownFailures", index, "requirement"], message);
      }
      for (const [place, site] of sites.entries()) {
        if (names.includes(site)) continue;
        const path = ["knownFailures", index, "sites", place];
        complain(path, `expected one of the sites ${names.join(", ")}, not "${site}"`);
      }
    }
    for (const [path, files] of [
      [["files"], target.files],
      [["deploy", "files"], target.deploy.files],
      [["badConfig", "files"], target.badConfig?.files ?? {}],
    ] as const) {
      for (const file of Object.keys(files)) {
        if (!isInside(file)) complain([...path, file], "expected a relative path inside the workspace");
      }
    }
  });

export type TargetFile = z.infer<typeof targetSchema>;
export type TargetAction = z.infer<typeof action>;
export type TargetStep = z.infer<typeof step>;
export type WorkspaceFiles = z.infer<typeof workspaceFiles>;
export type TargetMain = z.infer<typeof main>;
export type TargetSite = z.infer<typeof site>;
export type KnownFailure = z.infer<typeof knownFailure>;

/** JSON Schema (2020-12) of the file as a person writes it; committed as `schema/target.schema.json` for editors. */
export function targetJsonSchema(): object {
  return {
    ...z.toJSONSchema(targetSchema, { io: "input", target: "draft-2020-12" }),
    title: "hupspec target file, version 1",
  };
}

/** Whatever its placeholders stand for: each could be a port, a host or a part of a path. */
function isUrl(value: string): boolean {
  return /^\S+$/.test(value) && URL.canParse(value.replace(/\$\{[^}]*\}/g, "1"));
}

function isInside(file: string): boolean {
  return file !== "" && !file.startsWith("/") && !file.split("/").includes("..");
}
