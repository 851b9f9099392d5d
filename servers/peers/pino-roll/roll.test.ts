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
