export interface StarterValues {
  /** Path of the JSON Schema, seen from the file. */
  readonly schema: string;
  readonly name: string;
  /** Absent for a service that runs already. */
  readonly start?: readonly string[];
  readonly url: string;
  readonly probe: "contract" | { readonly path: string; readonly header: string };
  readonly reload: object;
  readonly log?: string;
  /** As a person wrote it: the schema says what it has to be. */
  readonly workers: string;
}

/** A target file in version 1 with the values given, and what else may stand there as comments. JSON is YAML. */
export function starterTargetFile(values: StarterValues): string {
  const { schema, name, start } = values;
  return `# yaml-language-server: $schema=${schema}
${start ? HEAD_STARTED : HEAD_ATTACHED}
hupspec: 1
name: ${JSON.stringify(name)}
# app-server, proxy, supervisor or stack: which rules apply.
role: app-server

${start ? startedPart({ ...values, start }) : attachedPart(values)}
# How long a reload may take to settle.
settleMs: ${start ? 5_000 : 60_000}
# Longest stall and p99 latency allowed while it reloads.
budget: {stallMs: 1000, p99Ms: 500}

# What it can do: keepalive, pipelining, streaming, upload, subprocess, sse, websocket, rotation, compression.
capabilities: [keepalive]

# What it is known to fail: the rule still runs, and turns red once it passes.
# knownFailures: [{requirement: connections/close-announced, reason: "...", link: "..."}]
knownFailures: []
`;
}

const HEAD_STARTED = `# How hupspec starts this server and talks to it. Placeholders: \${port}, \${workspace}, \${current}, \${gates},
# \${targetDir} (folder of this file), \${workers}, \${node}.`;

const HEAD_ATTACHED = `# How hupspec reaches this service, which runs already, and has it deployed. It neither starts nor stops it, and
# sends it hundreds of requests a second, at times as many as it takes: use a staging system. Placeholders: \${targetDir} (folder of this file), \${env.NAME},
# \${workspace} (a folder of the run), and in actions and deploy \${generation}, a number that comes only once, and \${release}.`;

function startedPart({
  start,
  url,
  probe,
  reload,
  log,
  workers,
}: StarterValues & { start: readonly string[] }): string {
  const logs =
    log === undefined ? '# logs: {files: ["${workspace}/logs/app.log*"]}' : `logs: {files: [${JSON.stringify(log)}]}`;
  return `# The command by arguments, without a shell. It must stay in the foreground and listen on \${port}.
start: ${flow(start)}
# env: {PORT: "\${port}"}
# requires: {commands: [gunicorn], debian: [gunicorn]}
# version: [gunicorn, --version]
workers: ${workers}
url: ${JSON.stringify(url)}

# "contract": the application answers hupspec's probe contract, so that every rule can be judged. Until then it is
# judged from the outside by one path; rules that need more are reported as unsupported. Each answer has to name the
# release that gave it, or no reload could be seen: the number in \${current}/release.json, which the server reads when
# it loads, or a number that \`deploy\` writes into a file of the server's.
${probeLines(probe)}
# A ready-made application that answers the contract, copied into each release:
# app: python
# deploy: {files: {server.conf: "version = \${generation}"}}
# badConfig: {files: {server.conf: "no such setting"}}

# The server counts as up once this path answers.
ready: {path: ${JSON.stringify(probe === "contract" ? "/" : probe.path)}, withinMs: 10000}

# Whom signals go to: the started process, or the one named in a pid file.
main: {child: true}
# main: {pidfile: "\${workspace}/server.pid"}

actions:
  # {signal: HUP}, {command: [...]}, {http: {method: POST, url: ...}} or {touch: PATH}; a list runs in order.
  reload: ${flow(reload)}
  stop: {signal: TERM}
  # reopen: {signal: USR1}
  # rotate: {command: [logrotate, --force, "\${targetDir}/logrotate.conf"]}

# How many requests one worker works on at a time, if that is few: the suite then holds no more than leaves one free.
# requestsPerWorker: 1

# By default the harness captures standard error; name files (live one and backups) if the server writes its own.
${logs}

# The drain that the server is configured for.
drainMs: 30000
# When a worker that never gets ready is given up, and when one that hangs is replaced.
# bootMs: 30000
# hangMs: 30000

# Its control interface, if it has one: pid and reload as commands, the sockets that only its owner may use.
# control: {endpoints: ["\${workspace}/control.sock"], pid: {command: [ctl, pid, "\${program}"]}, reload: {command: [ctl, reload]}}
`;
}

function attachedPart({ url, probe, reload, workers }: StarterValues): string {
  return `url: ${JSON.stringify(url)}
# How many processes, containers or machines answer.
workers: ${workers}

# One path is asked for. A header of each answer has to name the release that gave it: any text will do that is the same in all
# answers of a release (or of one of its workers), and another one after each deploy.
${probeLines(probe)}

# It has to answer this path before anything is sent.
ready: {path: ${JSON.stringify(probe === "contract" ? "/" : probe.path)}, withinMs: 10000}

# Puts a release somewhere before the reload, where that is another step:
# deploy: {command: [rsync, --archive, "\${release}/", "staging:/srv/app/releases/\${generation}/"]}
actions:
  # {command: [...]}, {http: {method: POST, url: ...}} or {touch: PATH}; a list runs in order. For instance
  # {command: [kubectl, set, env, deployment/app, "APP_VERSION=\${generation}"]}
  # {command: [ssh, staging, "echo \${generation} > /srv/app/VERSION && systemctl reload app"]}
  reload: ${flow(reload)}
`;
}

function probeLines(probe: StarterValues["probe"]): string {
  if (probe === "contract")
    return "probe: contract\n# probe: {path: /, status: 200, generation: {header: x-app-version}}";
  const { path, header } = probe;
  return `probe: {path: ${JSON.stringify(path)}, status: 200, generation: {header: ${JSON.stringify(header)}}}\n# probe: contract`;
}

/** One line of JSON with blanks, as the rest of the file is written. */
function flow(value: object): string {
  return Array.isArray(value)
    ? `[${value.map((item) => JSON.stringify(item)).join(", ")}]`
    : JSON.stringify(value).replace(/,"/g, ', "').replace(/":/g, '": ');
}
