import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";

const installed = existsSync(path.join(import.meta.dirname, "..", "node_modules", "pino-roll"));
const byNumber = new Intl.Collator("en", { numeric: true });

test.skipIf(!installed)("every line is in the files once and in order, whatever its length", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "hupspec-roll-"));
  try {
    const lines = Array.from({ length: 600 }, (_, line) => `${line} ${"é漢😀".repeat((line % 40) * 40)}\n`);
    const text = [...lines, `${"x".repeat(1024 * 1024)}\n`, "last\n"].join("");
    const file = path.join(folder, "app.log");
    const logger = spawn(process.execPath, [path.join(import.meta.dirname, "roll.js"), file], {
      stdio: ["pipe", "inherit", "inherit"],
    });
    logger.stdin.end(text);
    const [status] = (await once(logger, "exit")) as [number];
    expect(status).toBe(0);
    const names = (await readdir(folder)).toSorted((a, b) => byNumber.compare(a, b));
    expect(names.length).toBeGreaterThan(2);
    const contents = await Promise.all(names.map((name) => readFile(path.join(folder, name), "utf8")));
    expect(contents.join("") === text).toBe(true);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.skipIf(!installed)("what could not be written is kept, and written once there is room again", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "hupspec-roll-"));
  try {
    const text = Array.from({ length: 400 }, (_, line) => `${line} ${"x".repeat(100)}\n`).join("");
    const command = [process.execPath, path.join(import.meta.dirname, "roll.js"), path.join(folder, "app.log")];
    // To a process whose files may not grow a disk looks full; a soft limit can be taken away again.
    const logger = spawn("prlimit", ["--fsize=4096:", ...command], { stdio: ["pipe", "inherit", "inherit"] });
    logger.stdin.write(text);
    const written = async (): Promise<string> => {
      const names = await readdir(folder);
      return (await Promise.all(names.map((name) => readFile(path.join(folder, name), "utf8")))).join("");
    };
    await expect.poll(async () => (await written()).length, { timeout: 10_000 }).toBe(4096);
    const [freed] = (await once(spawn("prlimit", ["--pid", `${logger.pid}`, "--fsize=unlimited:"]), "exit")) as [
      number,
    ];
    expect(freed).toBe(0);
    logger.stdin.end();
    const [status] = (await once(logger, "exit")) as [number];
    expect(status).toBe(0);
    expect((await written()) === text).toBe(true);
  } finally {
    await rm(folder, { recursive: true });
  }
});
