import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseTargetFile } from "./target-definition.ts";
import { hashOfTarget } from "./target-hash.ts";

let temporary = "";
let root = "";

beforeEach(async () => {
  temporary = await mkdtemp(path.join(tmpdir(), "hupspec-hash-"));
  // As where the suite was installed.
  root = path.join(temporary, "node_modules", "hupspec");
  for (const [name, text] of Object.entries({
    "x/proxy.js": 'import { answer } from "./answer.js";',
    "x/answer.js": 'new URL("../deep/worker.js", import.meta.url)',
    "x/notes.txt": "",
    "x/out": "",
    "piped.sh": "#!/bin/sh",
    "conf.yaml": "app: ./deep/app.js",
    "deep/worker.js": "",
    "deep/app.js": "",
    "apps/ready/app.js": "",
    "package.json": "{}",
    "package-lock.json": "{}",
    "node_modules/p/index.js": "",
  }))
    await write(name, text);
});

afterEach(() => rm(temporary, { recursive: true }));

const TARGET = `hupspec: 1
name: x
role: proxy
requires: {npm: [p]}
version: ["\${node}", --print, "\${targetDir}/notes.txt"]
app: ready
files: {conf.yaml: {copy: "\${targetDir}/../conf.yaml"}}
start: [sh, -c, "exec '\${targetDir}/../piped.sh' '\${targetDir}/none' >\${workspace}/out", "\${targetDir}/../node_modules/p/index.js"]
url: http://127.0.0.1:\${port}
actions: {reload: {command: ["\${node}", "--import=\${targetDir}/proxy.js"]}}`;

async function write(name: string, text: string): Promise<void> {
  const file = path.join(root, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
}

const hash = (target = TARGET): Promise<string> =>
  hashOfTarget(parseTargetFile(target, path.join(root, "x/target.yaml"), path.join(root, "apps")));

test.each([
  ["a probe app", "apps/ready/app.js"],
  ["a script that is started", "piped.sh"],
  ["a file that is copied", "conf.yaml"],
  ["what that one names", "deep/app.js"],
  ["a program in an action", "x/proxy.js"],
  ["what that one imports", "x/answer.js"],
  ["what is imported in turn", "deep/worker.js"],
  ["the versions of npm packages", "package-lock.json"],
])("changes with %s", async (_what, name) => {
  const before = await hash();
  await write(name, "changed");
  expect(await hash()).not.toBe(before);
});

test("changes with the settings of the target file, and not with its comments and known failures", async () => {
  const before = await hash();
  expect(await hash(TARGET.replace("role: proxy", "role: stack"))).not.toBe(before);
  expect(
    await hash(`# x\n${TARGET}\nknownFailures: [{requirement: availability/reload-loses-nothing, reason: r}]`),
  ).toBe(before);
});

test.each([
  ["is named by nobody, as a report of an earlier run beside it", "x/out"],
  ["tells the version, which is asked for itself", "x/notes.txt"],
  ["is installed, as the lock file says", "node_modules/p/index.js"],
])("stays the same with what %s", async (_what, name) => {
  const before = await hash();
  await write(name, "changed");
  expect(await hash()).toBe(before);
});

test("a lock file counts for whoever requires something of npm", async () => {
  const without = TARGET.replace("requires: {npm: [p]}\n", "");
  const before = await hash(without);
  await write("package-lock.json", "changed");
  expect(await hash(without)).toBe(before);
});
