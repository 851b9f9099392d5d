import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseYaml } from "../../config/positioned-yaml.ts";
import { targetSchema } from "../targets/schema.ts";
import { init } from "./init.ts";
import { splitCommand } from "./split-command.ts";
import { testIo } from "./test-io.ts";

const PARTS = { packageRoot: path.resolve(import.meta.dirname, "..", "..") };
let cwd: string;

beforeEach(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), "hupspec-init-"));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

async function written(file: string) {
  return parseYaml(await readFile(path.join(cwd, file), "utf8"), file, targetSchema);
}

describe("hupspec init", () => {
  it("writes a target file that the suite accepts as it is", async () => {
    const { io, written: output } = testIo({ cwd });
    expect(await init({ out: "hupspec.target.yaml" }, io, PARTS)).toBe(0);
    expect(await written("hupspec.target.yaml")).toMatchObject({
      name: "hupspec",
      start: ["node", "server.js"],
      url: "http://127.0.0.1:${port}",
      probe: { path: "/", status: 200, generation: { header: "x-app-version" } },
      actions: { reload: { signal: "HUP" }, stop: { signal: "TERM" } },
    });
    expect(output.stdout).toContain("npx hupspec run --target hupspec.target.yaml --dry-run");
  });

  it("takes the values given", async () => {
    const { io } = testIo({ cwd });
    await init(
      {
        out: "My App.yaml",
        start: 'gunicorn -b "127.0.0.1:${port}" app:app',
        url: "http://127.0.0.1:${port}/x",
        reload: "nginx -s reload",
        log: "/var/log/my app.log*",
      },
      io,
      PARTS,
    );
    expect(await written("My App.yaml")).toMatchObject({
      name: "my-app",
      start: ["gunicorn", "-b", "127.0.0.1:${port}", "app:app"],
      url: "http://127.0.0.1:${port}/x",
      actions: { reload: { command: ["nginx", "-s", "reload"] } },
      logs: { files: ["/var/log/my app.log*"] },
    });
  });

  it("takes a signal or a URL for the reload", async () => {
    const { io } = testIo({ cwd });
    await init({ out: "a.yaml", reload: "SIGUSR2" }, io, PARTS);
    await init({ out: "b.yaml", reload: "http://127.0.0.1:1/reload" }, io, PARTS);
    expect((await written("a.yaml")).actions.reload).toEqual({ signal: "USR2" });
    expect((await written("b.yaml")).actions.reload).toEqual({
      http: { method: "POST", url: "http://127.0.0.1:1/reload" },
    });
  });

  it("overwrites only when told to", async () => {
    const { io } = testIo({ cwd });
    await init({ out: "a.yaml" }, io, PARTS);
    await expect(init({ out: "a.yaml", reload: "USR2" }, io, PARTS)).rejects.toThrow(
      /a\.yaml: exists already, expected --force/,
    );
    expect((await written("a.yaml")).actions.reload).toEqual({ signal: "HUP" });
    await init({ out: "a.yaml", reload: "USR2", force: true }, io, PARTS);
    expect((await written("a.yaml")).actions.reload).toEqual({ signal: "USR2" });
  });

  it("refuses values that the schema refuses, and a folder that is not there", async () => {
    const { io } = testIo({ cwd });
    await expect(init({ out: "a.yaml", reload: "HOP" }, io, PARTS)).rejects.toThrow(/actions\.reload.*expected/);
    await expect(init({ out: "a.yaml", url: "ftp://x" }, io, PARTS)).rejects.toThrow(/url: expected a URL/);
    await expect(init({ out: "none/a.yaml" }, io, PARTS)).rejects.toThrow(/can't be written \(ENOENT\)/);
  });
});

describe("splitting a command line", () => {
  it.each([
    ["a  b\tc", ["a", "b", "c"]],
    [`a 'b "c"' "d 'e'"`, ["a", 'b "c"', "d 'e'"]],
    [String.raw`a\ b "c\"d" 'e\f' ""`, ["a b", 'c"d', String.raw`e\f`, ""]],
    ["--x='a b'c", ["--x=a bc"]],
  ])("%s", (text, words) => {
    expect(splitCommand(text, "--start")).toEqual(words);
  });

  it("refuses an open quote and an empty command", () => {
    expect(() => splitCommand("a 'b", "--start")).toThrow("--start: expected a closing '");
    expect(() => splitCommand("  ", "--reload")).toThrow("--reload: expected a command");
  });
});
