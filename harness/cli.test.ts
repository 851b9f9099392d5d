import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderJson } from "../reports/json.ts";
import { record } from "../reports/sample-record.ts";

const packageRoot = path.resolve(import.meta.dirname, "..");
const bin = path.join(packageRoot, "harness", "hupspec.mjs");

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "hupspec-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function hupspec(args: readonly string[], program = bin) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: "utf8",
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}

describe("hupspec on the command line", () => {
  it("tells its version and its commands", () => {
    expect(hupspec(["--version"])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    const { status, stdout } = hupspec(["--help"]);
    expect(status).toBe(0);
    for (const command of ["run", "matrix", "targets", "requirements", "init", "report", "stack"])
      expect(stdout).toContain(command);
  });

  it.each([
    [["frobnicate"], "hupspec: unknown command 'frobnicate'"],
    [["requirement"], "hupspec: unknown command 'requirement' (Did you mean requirements?)"],
    [["run", "--frobnicate"], "hupspec: unknown option '--frobnicate'"],
    [["report"], "hupspec: missing required argument 'file'"],
    [["report", "none.json"], "hupspec: none.json: expected the report.json of a run (ENOENT)"],
    [
      ["matrix", "--targets", "a", "b", "--only", "reload/*"],
      "hupspec: --only makes a matrix with holes: name a folder for it by --out, other than reports/published",
    ],
    [["matrix", "--render", "--out", "m"], "hupspec: m: expected finished runs in runs/, there are none"],
    [["init", "--reload", "'x"], "hupspec: --reload: expected a closing '"],
  ])("answers %j with one line and exit code 2", (args, line) => {
    expect(hupspec(args)).toEqual({ status: 2, stdout: "", stderr: `${line}\n` });
  });

  it("shows its usage and exits with 2 if it is told nothing", () => {
    expect(hupspec([])).toMatchObject({ status: 2, stderr: expect.stringContaining("Usage: hupspec") });
  });

  it("points at what is wrong in a target file", async () => {
    await writeFile(path.join(folder, "bad.yaml"), "hupspec: 1\nname: bad\nprot: 1\n");
    const { status, stderr } = hupspec(["run", "--target", "bad.yaml"]);
    expect(stderr).toContain('bad.yaml:3:1: prot: unknown key "prot"');
    expect(status).toBe(2);
  });

  it("names the targets that there are if it is told of another", () => {
    expect(hupspec(["run", "--target", "nosuch"])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^hupspec: unknown target "nosuch", expected .*\n$/),
    });
  });

  it("works through a symbolic link, as npm makes one", async () => {
    const link = path.join(folder, "hupspec");
    await symlink(bin, link);
    expect(hupspec(["--version"], link).status).toBe(0);
  });

  it("renders a report", async () => {
    await writeFile(path.join(folder, "report.json"), renderJson(record()));
    const { status, stdout } = hupspec(["report", "report.json", "--format", "markdown"]);
    expect(status).toBe(0);
    expect(stdout).toContain("# hupspec: conformant");
  });

  // A child's standard output is a socket pair as often as a pipe, and writes to it are not done when they return.
  it("has written all before it exits, however late its reader", async () => {
    const report = renderJson({ ...record(), run: { ...record().run, command: "x".repeat(1_000_000) } });
    await writeFile(path.join(folder, "long.json"), report);
    const child = spawn(process.execPath, [bin, "report", "long.json", "--format", "json"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    // It has more to say than the kernel holds for it. Whoever does not wait for the reader is gone by the bound.
    const exited = once(child, "exit", { signal: AbortSignal.timeout(1_500) });
    await expect(exited).rejects.toThrow("aborted");
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe(report);
  });

  it("keeps its exit code if nobody reads its output", async () => {
    const child = spawn(process.execPath, [bin, "requirements"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    const stderr: string[] = [];
    child.stderr.setEncoding("utf8").on("data", (text: string) => stderr.push(text));
    expect(await once(child, "close")).toEqual([0, null]);
    expect(stderr.join("")).toBe("");
  });
});

const systemNode = spawnSync("node", ["--version"], { encoding: "utf8", env: { PATH: outsidePath() } }).stdout ?? "";
const isOld = /^v(\d+)\./.test(systemNode) && Number(/^v(\d+)\./.exec(systemNode)?.[1]) < 24;

/** PATH without the project's own Node, which vitest puts first. */
function outsidePath(): string {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  return folders.filter((entry) => !entry.includes("node_modules")).join(path.delimiter);
}

describe.skipIf(!isOld)("hupspec on an older Node", () => {
  it("says in one line what it needs", () => {
    const { status, stdout, stderr } = spawnSync("node", [bin, "--version"], {
      encoding: "utf8",
      env: { PATH: outsidePath() },
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^hupspec: expected Node \^24\.12 \|\| >=26, this is \d+\.\d+\.\d+; `npx hupspec` .*\n$/);
  });
});

describe("hupspec stack", () => {
  // A package of its own whose control program tells what it was given.
  let program: string;

  beforeAll(async () => {
    const root = path.join(folder, "package");
    await mkdir(path.join(root, "servers", "supervisor"), { recursive: true });
    for (const part of ["harness", "reports", "config"]) {
      await cp(path.join(packageRoot, part), path.join(root, part), {
        recursive: true,
        filter: (file) => !file.endsWith(".test.ts") && !file.startsWith(path.join(packageRoot, "reports", "out")),
      });
    }
    await cp(path.join(packageRoot, "package.json"), path.join(root, "package.json"));
    await symlink(path.join(packageRoot, "node_modules"), path.join(root, "node_modules"));
    await writeFile(
      path.join(root, "servers", "supervisor", "ctl.ts"),
      `for (const name of ["SIGTERM", "SIGHUP"] as const) process.on(name, () => {
  console.log(name);
  if (name === "SIGTERM") process.exit(7);
});
console.log(JSON.stringify(process.argv.slice(2)));
if (process.argv[2] === "up") setInterval(() => {}, 1000);
else if (process.argv[2] === "die") process.kill(process.pid, "SIGKILL");
else process.exitCode = 5;
`,
    );
    program = path.join(root, "harness", "hupspec.mjs");
  });

  it("hands arguments and exit code through unchanged, options of any name too", () => {
    const args = ["tail", "-f", "--help", "--version", "--", "express"];
    expect(hupspec(["stack", ...args], program)).toEqual({
      status: 5,
      stdout: `${JSON.stringify(args)}\n`,
      stderr: "",
    });
  });

  it("tells of a death by signal as a shell does", () => {
    expect(hupspec(["stack", "die"], program).status).toBe(137);
  });

  it("passes signals on", async () => {
    const child = spawn(process.execPath, [program, "stack", "up"], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    // Each line is the cue for the next signal.
    for await (const text of child.stdout.setEncoding("utf8")) {
      output += text;
      child.kill(output.includes("SIGHUP") ? "SIGTERM" : "SIGHUP");
    }
    expect(output).toBe('["up"]\nSIGHUP\nSIGTERM\n');
    if (child.exitCode === null) await once(child, "exit");
    expect(child.exitCode).toBe(7);
  });
});
