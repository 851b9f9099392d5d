import path from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "../../../harness/process/run-command.ts";
import { waitUntil } from "../../../harness/process/wait-until.ts";
import { bootTarget } from "../../../harness/targets/boot.ts";
import { describeEndpoint } from "../../../harness/targets/endpoint.ts";
import type { BootedTarget } from "../../../harness/targets/booted-target.ts";
import { readTargetFile } from "../../../harness/targets/target-definition.ts";

const WAIT_MS = 15_000;

test("hands HUP and TERM on to the master and ends with it", async ({ signal }) => {
  const folder = import.meta.dirname;
  const definition = await readTargetFile(path.join(folder, "target.yaml"), folder);
  await using target = await bootTarget(definition, { runId: `saboteur-${process.pid}`, signal, env: process.env });
  const { generation } = await target.deploy("main");
  expect(await target.act("reload", "main", signal)).not.toHaveProperty("error");
  expect(await waitUntil(async () => (await generationOf(target)) === generation, WAIT_MS, signal)).toBe(true);
  expect(await target.stop(signal)).toMatchObject({ exitCode: 0, signal: null, killed: false, leftOver: [] });
});

test("refuses arguments that it can't do with", async ({ signal }) => {
  const command = [process.execPath, path.join(import.meta.dirname, "main.ts"), "--log", "app.log"];
  const result = await runCommand({ command, cwd: import.meta.dirname, env: process.env, signal });
  expect(result.stderr).toMatch(/^expected --log FILE/);
  expect(result.error).toMatch(/2/);
});

async function generationOf(target: BootedTarget): Promise<number> {
  const address = describeEndpoint(target.site("main").endpoints.front);
  const response = await fetch(`http://${address}/`, { headers: { connection: "close" } });
  await response.text();
  return Number(response.headers.get("x-hupspec-generation"));
}
