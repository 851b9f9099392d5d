import * as fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigFileError } from "../../config/positioned-yaml.ts";
import { loadStackFile } from "./load.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "stack-file-"));
  file = path.join(folder, "stack.yaml");
});
afterEach(() => fs.rm(folder, { recursive: true }));

async function load(text: string, env: NodeJS.ProcessEnv = {}) {
  await fs.writeFile(file, text);
  return loadStackFile(file, env);
}

async function problemsOf(text: string): Promise<string[]> {
  const failed = await load(text).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failed).toBeInstanceOf(ConfigFileError);
  return (failed as ConfigFileError).message.split("\n").map((line) => line.replace(`${file}:`, ""));
}

describe("stack file", () => {
  it("names line, column and key of what is wrong", async () => {
    expect(await problemsOf("programs:\n  app:\n    command: [a]\n    stopMS: 3\n")).toEqual([
      expect.stringMatching(
        /^4:5: programs\.app\.stopMS: unknown key "stopMS" \(did you mean stopMs\?\), expected one of prefork, .*stopMs/,
      ),
    ]);
    expect(await problemsOf("programs:\n  app: {prefork: {app: x, listen: 'nonsense'}}\n")).toEqual([
      "2:27: programs.app.prefork.listen: expected HOST:PORT or the path of a unix socket",
    ]);
    expect(await problemsOf("programs: {}\nlogging:\n  maxBytes: 2 megs\n")).toEqual([
      expect.stringMatching(/^3:3: logging\.maxBytes: expected a size .* not "2 megs"$/),
    ]);
    expect(await problemsOf("programs:\n  app: {env: {A: b}}\n")).toEqual([
      "2:3: programs.app: expected exactly one of prefork, proxy, command",
    ]);
    expect(await problemsOf("# ${IGNORED}\nprograms: {}\nrunDir: ${NOT_SET}\n")).toEqual([
      expect.stringMatching(/^3:9: expected the environment variable NOT_SET to be set/),
    ]);
  });

  it("fills in the environment and makes paths absolute, seen from the file", async () => {
    const stack = await load(
      "runDir: ${DIR:-here}\nprograms:\n  app: {prefork: {app: ./a.ts, listen: '127.0.0.1:${PORT:-80}'}}\n",
      {
        PORT: "8080",
      },
    );
    expect(stack.runDir).toBe(path.join(folder, "here"));
    expect(stack.control.socket).toBe(path.join(folder, "here/control/admin.sock"));
    expect(stack.programs["app"]?.prefork).toMatchObject({ app: path.join(folder, "a.ts"), listen: "127.0.0.1:8080" });
  });

  it("reads the reference stack's own file, as it stands and with all of it overridden", async () => {
    const reference = path.join(import.meta.dirname, "..", "stack.yaml");
    const plain = await loadStackFile(reference, {});
    expect(Object.keys(plain.programs)).toEqual(["node-http", "express", "fastify", "proxy"]);
    expect(plain.programs["proxy"]?.proxy?.listen).toBe("127.0.0.1:8000");
    const overridden = await loadStackFile(reference, {
      HUPSPEC_RUN_DIR: "/r",
      HUPSPEC_LOG_DIR: "/l",
      HUPSPEC_PORT_PROXY: "1",
      HUPSPEC_PORT_FASTIFY: "4",
      HUPSPEC_WORKERS: "7",
      HUPSPEC_STRATEGY: "rolling",
      HUPSPEC_LOG_MAX_BYTES: "2MiB",
      HUPSPEC_LOG_BACKUPS: "0",
      HUPSPEC_RELEASE_FASTIFY: "/releases/current",
    });
    expect(overridden).toMatchObject({ runDir: "/r", logDir: "/l", logging: { maxBytes: 2 * 1024 ** 2, backups: 0 } });
    expect(overridden.sites["fastify"]?.upstream).toBe("127.0.0.1:4");
    expect(overridden.programs["fastify"]).toMatchObject({
      prefork: { listen: "127.0.0.1:4", workers: 7, strategy: "rolling" },
      env: { HUPSPEC_RELEASE: "/releases/current" },
      logging: { compress: "zstd" },
    });
  });
});
