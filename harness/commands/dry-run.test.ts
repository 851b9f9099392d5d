import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { renderJson } from "../../reports/json.ts";
import { record, scenario } from "../../reports/sample-record.ts";

const bin = path.resolve(import.meta.dirname, "..", "hupspec.mjs");
let folder: string;
let temporary: string;
const trace = (): string => path.join(folder, "spawned");

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hupspec-dry-run-"));
  temporary = path.join(folder, "tmp");
  await mkdir(temporary);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Loaded before the command line: whatever is about to be spawned leaves a trace, and is not. */
const TRAP = `import { ChildProcess } from "node:child_process";
import { appendFileSync } from "node:fs";
ChildProcess.prototype.spawn = ({ args }) => {
  appendFileSync(process.env.TRACE, args.join(" ") + "\\n");
  throw new Error("trapped");
};`;

function hupspec(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(TRAP)}`, bin, ...args],
    {
      cwd: folder,
      encoding: "utf8",
      timeout: 60_000,
      env: { PATH: process.env["PATH"], TMPDIR: temporary, TRACE: trace(), WHO: "me" },
    },
  );
  return { status, stdout, stderr };
}

const STARTED = `hupspec: 1
name: mine
role: app-server
version: [server, --version]
files: {server.conf: "port \${port}"}
start: [server, --port, "\${port}", --workers, "\${workers}", "\${env.WHO}"]
env: {MODE: production}
url: http://127.0.0.1:\${port}
probe: {path: /health, generation: {header: x-version}}
actions:
  reload: [{signal: HUP}, {http: {url: "http://127.0.0.1:\${port}/reload"}}]
deploy: {command: [build, "\${release}", "\${generation}"]}
`;

it("says what would be started, sent and decided, and does none of it", async () => {
  await writeFile(path.join(folder, "t.yaml"), STARTED);
  const { status, stdout, stderr } = hupspec("run", "--target", "t.yaml", "--dry-run");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  for (const line of [
    "mine, app-server, t.yaml",
    "server --port <port> --workers 2 me",
    "MODE=production",
    "HUPSPEC_RELEASE=<workspace>/sites/main/current",
    "<workspace>/server.conf",
    "GET /health, answered with 200, the release in x-version, at http://127.0.0.1:<port>",
    "SIGHUP to the process that it started",
    "POST http://127.0.0.1:<port>/reload",
    "build <release> <generation>",
    "SIGTERM to the process that it started",
    "reload/under-load on main\n",
    "decides availability/reload-loses-nothing\n",
    "the target does not have contract:\n",
  ]) {
    expect(stdout).toContain(line);
  }
  expect(existsSync(trace())).toBe(false);
  expect(await readdir(temporary)).toEqual([]);
  expect((await readdir(folder)).toSorted()).toEqual(["t.yaml", "tmp"]);
});

it("would have been caught: without --dry-run the trap is sprung", async () => {
  await writeFile(path.join(folder, "t.yaml"), STARTED);
  hupspec("run", "--target", "t.yaml", "--only", "reload/under-load");
  expect(existsSync(trace())).toBe(true);
});

it("tells what the scenarios took the last time, and of --only what is left", async () => {
  await writeFile(path.join(folder, "t.yaml"), STARTED);
  const took = { ...scenario(), id: "reload/under-load", site: "main", durationMs: 12_345 };
  const base = record();
  const [target] = base.targets;
  if (!target) throw new Error("expected a target in the sample");
  await mkdir(path.join(folder, "out", "latest"), { recursive: true });
  await writeFile(
    path.join(folder, "out", "latest", "report.json"),
    renderJson({ ...base, targets: [{ ...target, name: "mine", scenarios: [took] }] }),
  );
  const { stdout } = hupspec("run", "--target", "t.yaml", "--dry-run", "--out", "out", "--only", "reload/*");
  expect(stdout).toContain("reload/under-load on main, 12.3 s the last time");
  expect(stdout).toContain("in all 12.3 s by the last run");
  expect(stdout).not.toContain("failure/bad-config-refused");
});

it("says of a service that runs already that it is left running, and refuses a wrong file as ever", async () => {
  await writeFile(
    path.join(folder, "t.yaml"),
    `hupspec: 1\nname: there\nrole: app-server\nurl: http://staging.example\nprobe: {path: /, generation: {header: v}}\n` +
      `actions: {reload: {command: [kubectl, set, env, deployment/app, "V=\${generation}"]}}\n`,
  );
  const { status, stdout } = hupspec("run", "--target", "t.yaml", "--dry-run");
  expect(status).toBe(0);
  expect(stdout).toContain("nothing: it runs already, and is left running");
  expect(stdout).toContain("kubectl set env deployment/app V=<generation>");
  expect(stdout).toContain("the target does not have processes:\n");
  await writeFile(path.join(folder, "bad.yaml"), `${STARTED}colour: red\n`);
  expect(hupspec("run", "--target", "bad.yaml", "--dry-run")).toMatchObject({
    status: 2,
    stdout: "",
    stderr: expect.stringContaining("bad.yaml:13:1: colour: unknown key"),
  });
  expect(hupspec("run", "--target", "t.yaml", "--dry-run", "--only", "nope/*").status).toBe(2);
});
