import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

/** Tells what it was called with and that it runs, on one output each, and ends by TERM only. */
const PROGRAM = `
const { writeFileSync } = require("node:fs");
const [pidFile, ...words] = process.argv.slice(1);
process.on("SIGTERM", () => { console.error("stopped"); process.exit(0); });
setInterval(() => {}, 1000);
console.log(words.join(" "));
console.error("up");
writeFileSync(pidFile, String(process.pid));
`;

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hupspec-piped-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test("what was started becomes the logger, gets both outputs to their end, and leaves after the program", async () => {
  const script = path.join(import.meta.dirname, "piped.sh");
  // Says who it is, then keeps all lines.
  const logger = ["sh", "-c", 'echo $$ > "$0/logger"; exec cat > "$0/app.log"', folder];
  const program = [process.execPath, "-e", PROGRAM, path.join(folder, "program"), "two words", "--"];
  const started = spawn("bash", [script, ...logger, "--", ...program], { stdio: ["ignore", "inherit", "inherit"] });
  const pid = Number(await whenThere(path.join(folder, "program")));
  expect(Number(await whenThere(path.join(folder, "logger")))).toBe(started.pid);
  expect(pid).not.toBe(started.pid);
  process.kill(pid, "SIGTERM");
  const [status] = (await once(started, "exit")) as [number];
  expect(status).toBe(0);
  expect(await readFile(path.join(folder, "app.log"), "utf8")).toBe("two words --\nup\nstopped\n");
});

test("a file that may not grow gives the logger an error, and no signal that kills it", async () => {
  const script = path.join(import.meta.dirname, "piped.sh");
  // 153 would be the end by a signal.
  const logger = ["sh", "-c", 'ulimit -f 0; cat > "$0/app.log"; echo "status $?"', folder];
  const started = spawn("bash", [script, ...logger, "--", "echo", "record"], { stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  started.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  await once(started, "close");
  expect(said).toBe("status 1\n");
});

async function whenThere(file: string): Promise<string> {
  for (;;) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text !== "") return text;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
