import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { ConfigFileError } from "../../config/positioned-yaml.ts";
import { targetJsonSchema } from "./schema.ts";
import { capabilitiesOf, parseTargetFile, readTargetFile } from "./target-definition.ts";

const HEAD = `hupspec: 1
name: some-server
role: app-server
start: [server]
`;
const URL_LINE = "url: http://127.0.0.1:${port}\n";

const parse = (text: string) => parseTargetFile(text, "/somewhere/t.yaml", "/apps");

function problemsOf(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConfigFileError) return error.message.split("\n");
    throw error;
  }
  return [];
}

test("the shortest file gets all defaults", () => {
  const { settings, sites, ports, appFolders } = parse(HEAD + URL_LINE);
  expect(settings).toMatchObject({
    app: "none",
    workers: 2,
    main: { child: true },
    probe: "contract",
    ready: { withinMs: 10_000 },
    drainMs: 30_000,
    settleMs: 5_000,
    budget: { stallMs: 1_000, p99Ms: 500 },
    requires: { commands: [], debian: [], npm: [] },
    deploy: { files: {} },
  });
  expect(settings.logs).toBeUndefined();
  expect(sites).toEqual([{ name: "main", url: "http://127.0.0.1:${port}" }]);
  expect(ports).toEqual([""]);
  expect(appFolders.size).toBe(0);
});

test("the example of the documentation is right", () => {
  const { settings, appFolders } = parse(`hupspec: 1
name: gunicorn-sync
role: app-server
requires: {commands: [gunicorn], debian: [gunicorn]}
version: [gunicorn, --version]
app: wsgi
workers: 2
files:
  gunicorn.conf.py: |
    bind = "127.0.0.1:\${port}"
start: [gunicorn, -c, "\${workspace}/gunicorn.conf.py", -w, "\${workers}", --chdir, "\${current}", "app:app"]
env: {KEY: value}
url: http://127.0.0.1:\${port}
sites: []
probe: {path: /health, status: 200, generation: {header: x-app-version}}
ready: {path: /, withinMs: 10000}
main: {child: true}
actions:
  reload: {signal: HUP}
  reopen: [{signal: USR1}, {touch: "\${workspace}/x"}, {http: {method: POST, url: "http://127.0.0.1:\${port}/x"}}]
  stop: {signal: TERM}
deploy: {files: {"site.conf": "root \${release}; # \${generation}"}}
logs: {files: ["\${workspace}/logs/app.log*"]}
capabilities: [keepalive, pipelining, streaming, upload]
knownFailures: [{requirement: connections/close-announced, reason: "it does not", link: "https://example.org/1"}]
`);
  expect(settings.probe).toEqual({ path: "/health", status: 200, generation: { header: "x-app-version" } });
  expect(appFolders).toEqual(new Map([["main", "/apps/wsgi"]]));
});

test("apps of sites, and one beside the target file", () => {
  const { appFolders } = parse(`${HEAD}app: wsgi
sites:
  - {name: a, url: "http://h"}
  - {name: b, url: "http://h", app: ./mine}
  - {name: c, url: "http://h", app: none}
`);
  expect(appFolders).toEqual(
    new Map([
      ["a", "/apps/wsgi"],
      ["b", "/somewhere/mine"],
    ]),
  );
});

test.each([
  ["an unknown key", `${HEAD}${URL_LINE}colour: red\n`, '/somewhere/t.yaml:6:1: colour: unknown key "colour"'],
  [
    "another version",
    (HEAD + URL_LINE).replace("hupspec: 1", "hupspec: 2"),
    "/somewhere/t.yaml:1:1: hupspec: expected 1, the version of the format",
  ],
  [
    "an unknown signal",
    `${HEAD}${URL_LINE}actions:\n  reload: {signal: SIGHUP}\n`,
    "/somewhere/t.yaml:7:12: actions.reload.signal: expected a signal, one of HUP,",
  ],
  [
    "an unknown action",
    `${HEAD}${URL_LINE}actions:\n  restart: {signal: HUP}\n`,
    '/somewhere/t.yaml:7:3: actions.restart: unknown key "restart"',
  ],
  ["an unknown role", HEAD.replace("app-server", "server") + URL_LINE, "/somewhere/t.yaml:3:1: role: expected one of"],
  ["no URL", HEAD, "/somewhere/t.yaml:1:1: expected url, or sites with a URL each"],
  [
    "two sites of one name",
    `${HEAD}sites:\n  - {name: a, url: "http://h"}\n  - {name: a, url: "http://h"}\n`,
    '/somewhere/t.yaml:7:6: sites.1.name: expected a name of its own, "a" is taken',
  ],
  [
    "a broken configuration outside the workspace",
    `${HEAD}${URL_LINE}badConfig:\n  files:\n    /etc/x: y\n`,
    "/somewhere/t.yaml:8:5: badConfig.files./etc/x: expected a relative path inside the workspace",
  ],
  [
    "a file outside the workspace",
    `${HEAD}${URL_LINE}files:\n  ../x: y\n`,
    "/somewhere/t.yaml:7:3: files.../x: expected a relative path inside the workspace",
  ],
  [
    "a wrong type",
    `${HEAD}${URL_LINE}workers: many\n`,
    '/somewhere/t.yaml:6:1: workers: expected a number, found "many"',
  ],
  [
    "a command as text",
    `${HEAD}${URL_LINE}version: server -v\n`,
    "/somewhere/t.yaml:6:1: version: expected a command as a list of arguments",
  ],
  [
    "both ways to name a process",
    `${HEAD}${URL_LINE}actions: {stop: {signal: TERM, to: child, pidfile: x}}\n`,
    "expected pidfile or to, not both",
  ],
  [
    "a known failure of no site",
    `${HEAD}${URL_LINE}knownFailures: [{requirement: resources/no-zombies, reason: x, sites: [blog]}]\n`,
    '/somewhere/t.yaml:6:72: knownFailures.0.sites.0: expected one of the sites main, not "blog"',
  ],
  [
    "an unknown capability",
    `${HEAD}${URL_LINE}capabilities: [keepalive, flying]\n`,
    "/somewhere/t.yaml:6:27: capabilities.1: expected one of keepalive,",
  ],
])("%s is told with its place", (_, text, expected) => {
  expect(problemsOf(text).join("\n")).toContain(expected);
});

test.each([
  [
    "unknown",
    `${HEAD}url: http://127.0.0.1:\${prot}\n`,
    "/somewhere/t.yaml:5:23: url: unknown placeholder ${prot}, expected one of ${port}",
  ],
  [
    "unknown, in a block",
    `${HEAD}${URL_LINE}files:\n  a.conf: |\n    # comment\n    root \${curent};\n`,
    "/somewhere/t.yaml:9:10: files.a.conf: unknown placeholder ${curent}",
  ],
  [
    "of a site where there is none",
    `${HEAD.replace("[server]", '[server, "${site}"]')}${URL_LINE}`,
    "/somewhere/t.yaml:4:18: start: expected ${site} only in actions",
  ],
  [
    "of an unknown site",
    `${HEAD}${URL_LINE}env: {A: "\${current.blog}"}\n`,
    '/somewhere/t.yaml:6:11: env.A: expected ${current.NAME} with one of the sites main, not "blog"',
  ],
  [
    "that could be any site's",
    `${HEAD}sites: [{name: a, url: "http://h"}, {name: b, url: "http://h"}]\nenv: {A: "\${current}"}\n`,
    "expected ${current.NAME} with one of the sites a, b, for there are several",
  ],
  [
    "of a release outside deploy",
    `${HEAD}${URL_LINE}env: {A: "\${generation}"}\n`,
    "env.A: expected ${generation} only in deploy and actions",
  ],
])("a placeholder that is %s is told with its place", (_, text, expected) => {
  expect(problemsOf(text).join("\n")).toContain(expected);
});

test("placeholders in comments, and escaped ones, are nobody's business", () => {
  expect(problemsOf(`# \${nonsense}\n${HEAD}${URL_LINE}files: {a: "$\${HOME}"} # \${more}\n`)).toEqual([]);
});

test("a file that is not there is told by name", async () => {
  await expect(readTargetFile("/no/such/target.yaml", "/apps")).rejects.toThrow(
    "/no/such/target.yaml:1:1: expected a readable target file (ENOENT)",
  );
});

test("the committed JSON Schema is current (else: node harness/targets/schema/write.ts)", async () => {
  const committed = await readFile(path.join(import.meta.dirname, "schema", "target.schema.json"), "utf8");
  expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(targetJsonSchema())));
});

const CONTROL = `control:
  endpoints: ["\${workspace}/\${site}.sock"]
  pid: {command: [ctl, pid, "\${program}"]}
  reload: {http: {at: "\${workspace}/a.sock", path: "/reload/\${site}"}}
  verbs: [{call: {http: {at: "http://127.0.0.1:\${port.control}", path: /RPC2, body: "<\${verb}>", refusedBy: fault}}, known: pid}]
`;

test("a control interface makes capabilities of what is told of it", () => {
  const { settings, sites, ports } = parse(HEAD + URL_LINE + CONTROL);
  expect(settings.control?.reload).toEqual({
    http: { at: "${workspace}/a.sock", method: "POST", path: "/reload/${site}" },
  });
  expect(ports).toContain("control");
  const has = sites.flatMap((site) => capabilitiesOf({ settings }, site));
  expect(has).toEqual([
    "processes",
    "contract",
    "log-pipe",
    "log-relay",
    "control",
    "control-endpoints",
    "control-pid",
    "control-reload",
    "control-verbs",
  ]);
  const named = parse(`${HEAD + URL_LINE}main: {pidfile: /x}\n`);
  expect(capabilitiesOf(named, named.sites[0] ?? { name: "", url: "" })).toEqual([
    "processes",
    "contract",
    "log-pipe",
    "log-relay",
    "pidfile",
  ]);
});

test("a supervisor stands between the programs and their log, unless these write it themselves", () => {
  const relays = (logs: string, role = "supervisor"): boolean => {
    const text = HEAD.replace("app-server", role) + URL_LINE;
    const { settings, sites } = parse(`${text}logs: {files: [/logs/app.log]${logs}}\n`);
    return sites.flatMap((site) => capabilitiesOf({ settings }, site)).includes("log-relay");
  };
  expect(relays("")).toBe(true);
  expect(relays(", relayed: false")).toBe(false);
  expect(relays("", "app-server")).toBe(false);
});

test("what is wrong with a control interface is told with its place", () => {
  const at = (text: string): string[] => problemsOf(HEAD + URL_LINE + text);
  expect(at("control: {pid: {http: {}}}\n")).toEqual([
    expect.stringContaining("/t.yaml:6:11: control.pid.command: "),
    expect.stringContaining("/t.yaml:6:17: control.pid.http: unknown key"),
  ]);
  expect(at("control: {stop: {http: {at: /s, path: x}}}\n")).toEqual([
    expect.stringContaining("control.stop.http.path: expected a path such as /"),
  ]);
  expect(at('env: {A: "${program}"}\n')).toEqual([expect.stringContaining("expected ${program} only in control")]);
});

const ATTACHED = `hupspec: 1
name: some-service
role: app-server
url: http://staging.example:8080
probe: {path: /health, generation: {header: x-app-version}}
actions: {reload: {command: [kubectl, set, env, deployment/app, "APP_VERSION=\${generation}"]}}
`;

test("without start a target runs already, and has what it declares only", () => {
  const { settings, sites } = parse(`${ATTACHED}capabilities: [keepalive]\n`);
  expect(settings.start).toBeUndefined();
  expect(sites.flatMap((site) => capabilitiesOf({ settings }, site))).toEqual(["keepalive"]);
});

test.each([
  [
    "the contract",
    "probe: {path: /health, generation: {header: x-app-version}}",
    "probe: contract",
    "/t.yaml:5:1: probe",
  ],
  ["a port of ours", "http://staging.example:8080", "http://127.0.0.1:${port}", "/t.yaml:4:1: url"],
  ["a signal", "{command: [kubectl", "[{signal: HUP}, {command: [kubectl", "/t.yaml:6:11: actions.reload"],
  ["a process", "role: app-server", "role: app-server\nmain: {pidfile: /run/app.pid}", "/t.yaml:4:1: main"],
  ["a log", "role: app-server", "role: app-server\nlogs: {files: [/var/log/app.log]}", "/t.yaml:4:1: logs"],
])("without start %s can't be had", (_, before, after, place) => {
  const text = ATTACHED.replace(before, after).replace(/(reload: \[.*)}\n/, "$1]}\n");
  expect(problemsOf(text)).toEqual([
    expect.stringContaining(`${place}: without start, which makes this a service that runs already, expected`),
  ]);
});
