export interface StarterValues {
  readonly name: string;
  readonly start: readonly string[];
  readonly url: string;
  readonly reload: object;
  readonly log?: string;
}

/** A target file in version 1 with the values given, and what else may stand there as comments. JSON is YAML. */
export function starterTargetFile({ name, start, url, reload, log }: StarterValues): string {
  const logs =
    log === undefined ? '# logs: {files: ["${workspace}/logs/app.log*"]}' : `logs: {files: [${JSON.stringify(log)}]}`;
  return `# How hupspec starts this server and talks to it. Placeholders: \${port}, \${workspace}, \${current}, \${gates},
# \${targetDir} (folder of this file), \${workers}, \${node}.
hupspec: 1
name: ${JSON.stringify(name)}
# app-server, proxy, supervisor or stack: which rules apply.
role: app-server

# The command by arguments, without a shell. It must stay in the foreground and listen on \${port}.
start: ${flow(start)}
# env: {PORT: "\${port}"}
# requires: {commands: [gunicorn], debian: [gunicorn]}
# version: [gunicorn, --version]
workers: 2
url: ${JSON.stringify(url)}

# "contract": the application answers hupspec's probe contract, so that every rule can be judged. Until then it is
# judged from the outside by one path; rules that need more are reported as unsupported. Each answer has to name the
# release that gave it, or no reload could be seen: the number in \${current}/release.json, which the server reads when
# it loads, or a number that \`deploy\` writes into a file of the server's.
probe: {path: /, status: 200, generation: {header: x-app-version}}
# probe: contract
# deploy: {files: {server.conf: "version = \${generation}"}}
# badConfig: {files: {server.conf: "no such setting"}}

# The server counts as up once this path answers.
ready: {path: /, withinMs: 10000}

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

# The drain that the server is configured for, and how long a reload may take to settle.
drainMs: 30000
# When a worker that never gets ready is given up, and when one that hangs is replaced.
# bootMs: 30000
# hangMs: 30000
settleMs: 5000
# Longest stall and p99 latency allowed while it reloads.
budget: {stallMs: 1000, p99Ms: 500}

# Its control interface, if it has one: pid and reload as commands, the sockets that only its owner may use.
# control: {endpoints: ["\${workspace}/control.sock"], pid: {command: [ctl, pid, "\${program}"]}, reload: {command: [ctl, reload]}}

# What it can do: keepalive, pipelining, streaming, upload, subprocess, sse, websocket, rotation, compression.
capabilities: [keepalive]

# What it is known to fail: the rule still runs, and turns red once it passes.
# knownFailures: [{requirement: connections/close-announced, reason: "...", link: "..."}]
knownFailures: []
`;
}

/** One line of JSON with blanks, as the rest of the file is written. */
function flow(value: object): string {
  return Array.isArray(value)
    ? `[${value.map((item) => JSON.stringify(item)).join(", ")}]`
    : JSON.stringify(value).replace(/,"/g, ', "').replace(/":/g, '": ');
}
