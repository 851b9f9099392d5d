import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { isRunning } from "../process/process-group.ts";
import { bootTarget } from "./boot.ts";
import { parseTargetFile } from "./target-definition.ts";

const fixtures = path.join(import.meta.dirname, "fixtures");
const options = { runId: `test-deploy-${process.pid}`, signal: AbortSignal.timeout(60_000), env: process.env };

const define = (deploy: string) =>
  parseTargetFile(
    `hupspec: 1
name: fixture
role: app-server
start: ["\${node}", "\${targetDir}/server.ts", --port, "\${port}"]
url: http://127.0.0.1:\${port}
${deploy}`,
    path.join(fixtures, "target.yaml"),
    fixtures,
  );

test("a deploy's command runs for the first release, before the start, and for each later one", async () => {
  await using target = await bootTarget(
    define(`deploy:
  files: {"VERSION": "\${generation}"}
  command: [sh, -c, 'cat "\${workspace}/VERSION" >> "\${workspace}/deployed" && test -f "\${release}/release.json"']`),
    options,
  );
  await target.deploy("main");
  expect(await readFile(path.join(target.workspace.root, "deployed"), "utf8")).toBe("12");
});

test("a deploy that fails is no boot, and says why", async () => {
  const failing = define(`deploy: {command: [sh, -c, "echo no such host >&2; exit 3"]}`);
  await expect(bootTarget(failing, options)).rejects.toThrow(
    /the deploy failed: sh .*: it exited with code 3; it said: no such host/,
  );
});

test("what a deploy has started does not outlive a boot that fails after it", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "hupspec-deploy-"));
  const file = path.join(folder, "pid");
  const leaving = define(`deploy: {command: [sh, -c, "setsid sleep 60 > /dev/null 2>&1 & echo $! > ${file}; exit 3"]}`);
  await expect(bootTarget(leaving, options)).rejects.toThrow("the deploy failed");
  expect(isRunning(Number(await readFile(file, "utf8")))).toBe(false);
  await rm(folder, { recursive: true });
});
