import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

/** Tells of itself on both outputs, what it was called with too, and ends by TERM only. */
const PROGRAM = `#!${process.execPath}
const { writeFileSync } = require("node:fs");
const options = process.argv.slice(2);
process.on("SIGTERM", () => { console.error("stopped"); process.exit(0); });
setInterval(() => {}, 1000);
console.log(options.join(" "));
console.error("up");
writeFileSync(options[options.indexOf("--pid") + 1], String(process.pid));
`;

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hupspec-piped-"));
  for (const name of ["bin", "run", "logs"]) await mkdir(path.join(folder, name));
  await writeFile(path.join(folder, "bin", "gunicorn"), PROGRAM);
  await chmod(path.join(folder, "bin", "gunicorn"), 0o755);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test("what was started becomes the logger, gets both outputs to their end, and leaves after the program", async () => {
  const script = path.join(import.meta.dirname, "piped.sh");
  // Says who it is, then keeps all lines.
  const logger = ["sh", "-c", 'echo $$ > "$0/logger"; exec cat > "$0/logs/app.log"', folder];
  const started = spawn("bash", [script, folder, "80", "2", "release", ...logger], {
    env: { ...process.env, PATH: `${folder}/bin:${process.env["PATH"]}` },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const program = Number(await whenThere(path.join(folder, "run", "gunicorn.pid")));
  expect(Number(await whenThere(path.join(folder, "logger")))).toBe(started.pid);
  expect(program).not.toBe(started.pid);
  process.kill(program, "SIGTERM");
  const [status] = (await once(started, "exit")) as [number];
  expect(status).toBe(0);
  expect(await readFile(path.join(folder, "logs", "app.log"), "utf8")).toBe(
    `--bind 127.0.0.1:80 --workers 2 --chdir release --pid ${folder}/run/gunicorn.pid wsgi:app\nup\nstopped\n`,
  );
});

async function whenThere(file: string): Promise<string> {
  for (;;) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text !== "") return text;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
