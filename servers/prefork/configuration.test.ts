import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BootedMaster, NODE_HTTP_APP } from "./booted-master.testing.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "prefork-config-"));
  file = path.join(folder, "stack.yaml");
});

afterEach(() => rmSync(folder, { recursive: true }));

function writeStack(line: string): void {
  writeFileSync(
    file,
    `programs:\n  web:\n    prefork:\n      app: ${NODE_HTTP_APP}\n      listen: 127.0.0.1:0\n      ${line}\n`,
  );
}

function check(...args: string[]): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", timeout: 10_000 });
}

test("HUP takes new settings up; bad ones are refused and reported, and the running ones stay", async () => {
  writeStack("workers: 1");
  await using master = await BootedMaster.bootWith(["--config", file, "--program", "web"]);
  expect(existsSync(path.join(folder, "run", "web.pid"))).toBe(true);
  const before = master.workers;
  expect(before).toHaveLength(1);
  writeStack("wokers: 3");
  master.signal("SIGHUP");
  const refused = await master.seen("reload-failed");
  expect(refused.msg).toContain(`${file}:6:7: programs.web.prefork.wokers: unknown key`);
  expect(master.workers).toEqual(before);
  writeStack("workers: 3");
  master.signal("SIGHUP");
  await master.seen("reload-done");
  await master.until(
    () => master.workers.length === 3,
    () => "three workers",
  );
  expect((await master.get("/")).status).toBe(200);
});

test("--check says what is wrong, and nothing else", () => {
  writeStack("workers: 2");
  expect(check("--config", file, "--program", "web", "--check")).toMatchObject({ status: 0, stderr: "" });
  writeStack("workers: many");
  const wrong = check("--config", file, "--program", "web", "--check");
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain(`${file}:6:7: programs.web.prefork.workers:`);
  writeStack("workers: 2");
  expect(check("--config", file, "--program", "other", "--check").stderr).toContain('expected a program "other"');
  expect(check("--app", "x.ts").status).toBe(2);
});

test("an address that is taken is an error that names it", async () => {
  await using master = await BootedMaster.boot();
  const second = check("--app", NODE_HTTP_APP, "--listen", `127.0.0.1:${master.port}`);
  expect(second).toMatchObject({ status: 1 });
  expect(second.stderr).toBe(`cannot bind 127.0.0.1:${master.port}: address already in use (EADDRINUSE)\n`);
  expect((await master.get("/")).status).toBe(200);
});

test("an application that cannot be served ends the first start with status 1", () => {
  const app = path.join(folder, "app.mjs");
  writeFileSync(app, "export default 42;\n");
  const failed = check("--app", app, "--listen", "127.0.0.1:0");
  expect(failed.status).toBe(1);
  expect(failed.stderr).toContain(`${app}: expected the default export to be a request listener`);
});
