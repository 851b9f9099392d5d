import { access, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseYaml } from "../../config/positioned-yaml.ts";
import { targetSchema } from "../targets/schema.ts";
import { init } from "./init.ts";
import { InterruptedError, terminalPrompt, type Prompt } from "./prompt.ts";
import { testIo } from "./test-io.ts";

const packageRoot = path.resolve(import.meta.dirname, "..", "..");
let cwd: string;

beforeEach(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), "hupspec-init-"));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

/** Answers in order; empty ones take the default, and after the last one the person leaves. */
function person(...answers: readonly string[]) {
  const asked: string[] = [];
  const told: string[] = [];
  const prompt: Prompt = {
    ask: async (question, fallback) => {
      const answer = answers[asked.length];
      asked.push(`${question} [${fallback}]`);
      if (answer === undefined) throw new InterruptedError("interrupted");
      return answer === "" ? fallback : answer;
    },
    tell: (text) => void told.push(text),
    [Symbol.dispose]: () => undefined,
  };
  return { prompt, asked, told };
}

const written = async (file: string) => {
  const text = await readFile(path.join(cwd, file), "utf8");
  return { text, target: parseYaml(text, file, targetSchema) };
};

describe("hupspec init on a terminal", () => {
  it("asks for what no flag says, and shows the defaults", async () => {
    const { prompt, asked } = person("./serve --port ${port}", "", "/health", "x-version", "", "");
    const { io } = testIo({ cwd });
    expect(await init({ out: "a.yaml" }, io, { packageRoot, prompt })).toBe(0);
    expect(asked.map((question) => /\[.*\]$/.exec(question)?.[0])).toEqual([
      "[node server.js]",
      "[http://127.0.0.1:${port}]",
      "[/]",
      "[x-app-version]",
      "[HUP]",
      "[-]",
    ]);
    expect((await written("a.yaml")).target).toMatchObject({
      start: ["./serve", "--port", "${port}"],
      url: "http://127.0.0.1:${port}",
      probe: { path: "/health", generation: { header: "x-version" } },
      ready: { path: "/health" },
      actions: { reload: { signal: "HUP" } },
    });
  });

  it("leaves out what flags say, or an earlier answer makes needless", async () => {
    const { prompt, asked } = person("contract", "");
    const { io } = testIo({ cwd });
    const flags = { start: "serve", url: "http://127.0.0.1:${port}", reload: "USR2" };
    await init({ ...flags, workers: "4", out: "a.yaml" }, io, { packageRoot, prompt });
    expect(asked).toHaveLength(2);
    expect((await written("a.yaml")).target).toMatchObject({ probe: "contract", workers: 4, ready: { path: "/" } });
  });

  it("asks again where an answer is refused, and says why", async () => {
    const { prompt, told } = person(
      "",
      "https://x",
      "http://127.0.0.1:${port}",
      "health",
      "/health",
      "",
      "HOP",
      "",
      "",
    );
    const { io } = testIo({ cwd });
    expect(await init({ out: "a.yaml" }, io, { packageRoot, prompt })).toBe(0);
    expect(told).toEqual([
      expect.stringContaining("url: expected plain http://"),
      expect.stringContaining("probe.path: expected a path such as /"),
      expect.stringContaining("actions.reload.signal: expected a signal"),
    ]);
  });

  it("writes a file for a service that runs already", async () => {
    const { prompt } = person("-", "", "", "", "");
    const { io } = testIo({ cwd });
    expect(await init({ out: "a.yaml" }, io, { packageRoot, prompt })).toBe(0);
    const { target } = await written("a.yaml");
    expect(target.start).toBeUndefined();
    expect(target.actions).toEqual({ reload: { command: ["${targetDir}/deploy.sh", "${generation}"] } });
  });

  it("writes nothing if the person leaves, and does not even ask where a file would be overwritten", async () => {
    const { io } = testIo({ cwd });
    expect(await init({ out: "a.yaml" }, io, { packageRoot, prompt: person("serve", "").prompt })).toBe(130);
    await expect(access(path.join(cwd, "a.yaml"))).rejects.toThrow("ENOENT");
    await writeFile(path.join(cwd, "b.yaml"), "");
    const { prompt, asked } = person("serve");
    await expect(init({ out: "b.yaml" }, io, { packageRoot, prompt })).rejects.toThrow(/b\.yaml: exists already/);
    expect(asked).toEqual([]);
  });
});

describe("a prompt on a terminal", () => {
  const terminal = () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    let text = "";
    output.on("data", (chunk) => (text += String(chunk)));
    return { input, output, shown: () => text };
  };

  it("takes an answer, or the default that it shows", async () => {
    const { input, output, shown } = terminal();
    using prompt = terminalPrompt(input, output);
    const first = prompt.ask("Where", "here");
    input.write(" there \r");
    expect(await first).toBe("there");
    expect(shown()).toContain("Where [here]: ");
    const second = prompt.ask("Where", "here");
    input.write("\r");
    expect(await second).toBe("here");
  });

  it.each([
    ["Ctrl-C", (input: PassThrough) => void input.write("\x03")],
    ["the end of the input", (input: PassThrough) => void input.end()],
  ])("ends with %s", async (_, leave) => {
    const { input, output } = terminal();
    using prompt = terminalPrompt(input, output);
    const answer = prompt.ask("Where", "here");
    leave(input);
    await expect(answer).rejects.toBeInstanceOf(InterruptedError);
    await expect(prompt.ask("Where", "here")).rejects.toBeInstanceOf(InterruptedError);
  });
});

describe("the line for editors", () => {
  const line = async (file: string): Promise<string> => {
    const [first = ""] = (await readFile(path.join(cwd, file), "utf8")).split("\n");
    return first.replace("# yaml-language-server: $schema=", "");
  };

  it("leads through node_modules where the package is a dependency", async () => {
    await mkdir(path.join(cwd, "node_modules"));
    await symlink(packageRoot, path.join(cwd, "node_modules", "hupspec"));
    await mkdir(path.join(cwd, "ci"));
    const { io } = testIo({ cwd });
    await init({ out: "a.yaml" }, io, { packageRoot });
    await init({ out: "ci/a.yaml" }, io, { packageRoot });
    expect(await line("a.yaml")).toBe("./node_modules/hupspec/harness/targets/schema/target.schema.json");
    expect(await line("ci/a.yaml")).toBe("../node_modules/hupspec/harness/targets/schema/target.schema.json");
    await access(path.resolve(cwd, "ci", await line("ci/a.yaml")));
  });

  it("leads to the package that runs elsewhere", async () => {
    const { io } = testIo({ cwd });
    await init({ out: "a.yaml" }, io, { packageRoot });
    const schema: unknown = JSON.parse(await readFile(path.resolve(cwd, await line("a.yaml")), "utf8"));
    expect(schema).toMatchObject({ title: "hupspec target file, version 1" });
  });
});
