import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { isRunning } from "../process/process-group.ts";
import { bootTarget } from "./boot.ts";
import { parseTargetFile } from "./target-definition.ts";

const fixtures = path.join(import.meta.dirname, "fixtures");
const signal = AbortSignal.timeout(60_000);
const options = { runId: `test-operator-${process.pid}`, signal, env: process.env };

/** The fixture server, with the pid file that it writes. */
const definition = parseTargetFile(
  `hupspec: 1
name: fixture
role: supervisor
start: ["\${node}", "\${targetDir}/server.ts", --port, "\${port}", --pidfile, "\${workspace}/run/x.pid"]
url: http://127.0.0.1:\${port}
main: {pidfile: "\${workspace}/run/x.pid"}
control:
  endpoints: ["\${workspace}/\${site}.sock", "http://127.0.0.1:\${port.control}"]
  pid: {command: [cat, "\${workspace}/run/\${program}"]}
`,
  path.join(fixtures, "target.yaml"),
  fixtures,
);

test("a target is called, started a second time, and started anew over a pid file that names a bystander", async () => {
  await using target = await bootTarget(definition, options);
  const { operator, workspace } = target;
  expect(operator.pidFile("main")).toBe(path.join(workspace.run, "x.pid"));
  expect(operator.ports).toHaveLength(2);
  expect(operator.endpoints("main")).toEqual([
    path.join(workspace.root, "main.sock"),
    expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
  ]);

  const { control } = operator;
  expect(await operator.call(control?.pid ?? { command: [] }, "main", { program: "x.pid" }, signal)).toMatchObject({
    answer: "accepted",
    output: `${await target.mainPid("main")}\n`,
  });

  const second = await operator.startSecond(5_000, signal);
  expect(second).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("EADDRINUSE") });
  expect(isRunning(await target.mainPid("main"))).toBe(true);

  await target.stop(signal);
  let bystander = 0;
  await operator.startAnew(async (start) => {
    bystander = start.bystander.pid;
    expect(start.reason).toBeUndefined();
    expect(start.bystander).toEqual({ pid: bystander });
    expect(isRunning(bystander)).toBe(true);
    expect(Number(await readFile(path.join(workspace.run, "x.pid"), "utf8"))).not.toBe(bystander);
    process.kill(bystander, "SIGTERM");
    await expect.poll(() => start.bystander.ended).toBe("it was ended by SIGTERM");
  }, signal);
  expect(target.processes().filter(({ state }) => state !== "Z")).toEqual([]);
  expect(isRunning(bystander)).toBe(false);
});
