import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimPidFile } from "./pid-file.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "pid-file-"));
  file = path.join(folder, "run", "app.pid");
});

afterEach(() => rmSync(folder, { recursive: true }));

test("is written whole, leaves nothing else behind, and goes at the end", () => {
  const claimed = claimPidFile(file);
  expect(readFileSync(file, "utf8")).toBe(`${process.pid}\n`);
  expect(readdirSync(path.dirname(file))).toEqual(["app.pid"]);
  claimed.remove();
  expect(readdirSync(path.dirname(file))).toEqual([]);
});

test("is not removed once it is somebody else's", () => {
  const claimed = claimPidFile(file);
  writeFileSync(file, "1\n");
  claimed.remove();
  expect(readFileSync(file, "utf8")).toBe("1\n");
});

test("a pid that another command has by now counts as stale", async () => {
  const sleep = spawn("sleep", ["30"], { stdio: "ignore" });
  await once(sleep, "spawn");
  claimPidFile(file);
  writeFileSync(file, `${sleep.pid}\n`);
  claimPidFile(file);
  expect(readFileSync(file, "utf8")).toBe(`${process.pid}\n`);
  sleep.kill("SIGKILL");
  await once(sleep, "exit");
});

test("a process that runs the same command is respected", async () => {
  const script = `const { claimPidFile } = await import(${JSON.stringify(new URL("./pid-file.ts", import.meta.url).href)});
    try { claimPidFile(${JSON.stringify(file)}); console.log("claimed"); } catch (error) { console.log(error.message); }
    process.stdin.resume();`;
  const start = async (): Promise<{ child: ReturnType<typeof spawn>; line: string }> => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    return { child, line: line.toString().trim() };
  };
  const first = await start();
  const second = await start();
  expect(first.line).toBe("claimed");
  expect(second.line).toBe(`${file}: process ${first.child.pid} already runs this server`);
  for (const { child } of [first, second]) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});
