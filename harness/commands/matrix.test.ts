import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseMatrixRun } from "../../reports/matrix/run-file.ts";
import { failure, record, scenario, target, verdict } from "../../reports/sample-record.ts";
import type { RunRecord, TargetRecord } from "../spec/run-record.ts";
import { matrix, type MatrixOptions, type MatrixParts } from "./matrix.ts";
import { testIo } from "./test-io.ts";

const ALL: MatrixOptions = { targets: ["all"], only: [], out: "m" };
let cwd: string;

/** A catalogue of three targets, and all that they need. */
beforeEach(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), "hupspec-matrix-"));
  for (const name of ["a", "b", "c"]) await describeTarget(name);
  await mkdir(path.join(cwd, "bin"));
  for (const name of ["a", "b", "c"]) await install(name);
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

async function describeTarget(name: string, more = ""): Promise<void> {
  const folder = path.join(cwd, "servers", "peers", name);
  await mkdir(folder, { recursive: true });
  await writeFile(
    path.join(folder, "target.yaml"),
    `hupspec: 1\nname: ${name}\nrole: app-server\nrequires: {commands: [${name}d], debian: [lib${name}]}\nversion: [${name}d]\n` +
      `app: none\nstart: [${name}d]\nurl: "http://127.0.0.1:\${port}"\nactions: {reload: {signal: HUP}}\n${more}`,
  );
}

async function install(name: string, version = "1.0"): Promise<void> {
  const file = path.join(cwd, "bin", `${name}d`);
  await writeFile(file, `#!/bin/sh\necho ${name} ${version}\n`);
  await chmod(file, 0o755);
}

interface Engine {
  readonly judged: string[];
  /** Called before a target is judged; its result is merged into the target's record. */
  onTarget?: (name: string) => Partial<TargetRecord> | undefined;
}

/** An engine that knows one scenario, and judges every target in no time. */
function parts(engine: Engine, change: Partial<MatrixParts> = {}): MatrixParts {
  const signal = change.signal ?? new AbortController().signal;
  return {
    packageRoot: cwd,
    hupspecVersion: "0.1.0",
    scenarios: [],
    signal,
    openSuite: async ({ only }) => {
      const id = "reload/under-load";
      const chosen = only.length === 0 || only.some((glob) => path.matchesGlob(id, glob));
      return { jobs: chosen ? [{ site: "main", scenario: { id } }] : [] };
    },
    runSuite: async ({ targets }): Promise<RunRecord> => {
      const name = path.basename(String(targets));
      engine.judged.push(name);
      const given = engine.onTarget?.(name) ?? {};
      return record({
        targets: [
          target({ name, role: "app-server", version: "1", scenarios: [scenario()], verdicts: [verdict()], ...given }),
        ],
        interrupted: signal.aborted,
      });
    },
    ...change,
  };
}

async function run(options: MatrixOptions, engine: Engine = { judged: [] }, change: Partial<MatrixParts> = {}) {
  const env = { PATH: `${path.join(cwd, "bin")}:/bin`, HOME: "/home/me" };
  const { io, written } = testIo({ cwd, env });
  const code = await matrix(options, io, parts(engine, change));
  return { code, ...written, judged: engine.judged };
}

const fileIn = (name: string): Promise<string> => readFile(path.join(cwd, "m", name), "utf8");

describe("hupspec matrix", () => {
  it("judges every target of the catalogue and writes runs, evidence and the matrix", async () => {
    const { code, stdout, judged } = await run(ALL);
    expect(code).toBe(0);
    expect(judged).toEqual(["a", "b", "c"]);
    expect(stdout).toContain("a: conformant, 62 s");
    expect(stdout).toContain("matrix of 3 targets: m/matrix.md");
    expect((await readdir(path.join(cwd, "m"))).toSorted()).toEqual([
      "matrix.html",
      "matrix.json",
      "matrix.md",
      "runs",
    ]);
    expect(await readdir(path.join(cwd, "m", "runs"))).toHaveLength(9);
    expect(await fileIn("matrix.md")).toContain("[b](runs/b.md)");
  });

  it("judges one after the other, and has each on disk before the next begins", async () => {
    const seen: string[][] = [];
    let running = 0;
    await run(
      ALL,
      { judged: [] },
      {
        runSuite: async ({ targets }) => {
          expect(++running).toBe(1);
          seen.push(await readdir(path.join(cwd, "m", "runs")).catch(() => []));
          running--;
          return record({ targets: [target({ name: String(targets) })] });
        },
      },
    );
    expect(seen.map((names) => new Set(names))).toEqual([
      new Set(),
      new Set(["a.json"]),
      new Set(["a.json", "b.json"]),
    ]);
  });

  const changes: readonly (readonly [string, () => Promise<unknown>, Partial<MatrixParts>, readonly string[]])[] = [
    ["nothing changed", async () => undefined, {}, []],
    ["another version of the suite", async () => undefined, { hupspecVersion: "0.2.0" }, ["a", "b", "c"]],
    ["another target file", () => describeTarget("b", "drainMs: 1000\n"), {}, ["b"]],
    ["another version of the server", () => install("c", "1.1"), {}, ["c"]],
    ["a run that can't be read", () => writeFile(path.join(cwd, "m", "runs", "a.json"), "{"), {}, ["a"]],
    ["a run that is gone", () => rm(path.join(cwd, "m", "runs", "b.json")), {}, ["b"]],
    [
      "another scenario",
      async () => undefined,
      { openSuite: async () => ({ jobs: [{ site: "main", scenario: { id: "reload/new" } }] }) },
      ["a", "b", "c"],
    ],
  ];
  it.each(changes)("repeats what it has to: %s", async (_, change, engine, again) => {
    await run(ALL);
    await change();
    const { code, stdout, judged } = await run(ALL, { judged: [] }, engine);
    expect(code).toBe(0);
    expect(judged).toEqual(again);
    expect(stdout.match(/: kept, judged 2026-11-22/g) ?? []).toHaveLength(3 - again.length);
  });

  it("states anew what is known to fail, and judges nothing for that", async () => {
    const id = "availability/reload-loses-nothing";
    const onTarget = () => ({
      scenarios: [scenario({ status: "fail" })],
      verdicts: [failure({ requirement: id, scenario: scenario().id })],
    });
    expect((await run({ ...ALL, targets: ["b"] }, { judged: [], onTarget })).code).toBe(1);
    await describeTarget("b", `knownFailures: [{requirement: ${id}, reason: as its manual says}]\n`);
    const { code, judged, stdout } = await run({ ...ALL, targets: ["b"] }, { judged: [], onTarget });
    expect({ code, judged }).toEqual({ code: 0, judged: [] });
    expect(stdout).toContain("b: kept");
    const [kept] = parseMatrixRun(await fileIn("runs/b.json"), "b").record.targets;
    expect(kept?.verdicts[0]).toMatchObject({ verdict: "known-failure", reason: "as its manual says" });
  });

  it("leaves a kept run as it is published where nothing is stated anew", async () => {
    const onTarget = () => ({ scenarios: [scenario()], verdicts: [verdict({ scenario: scenario().id })] });
    await run({ ...ALL, targets: ["b"] }, { judged: [], onTarget });
    const published = await fileIn("runs/b.json");
    await run({ ...ALL, targets: ["b"] }, { judged: [], onTarget });
    expect(await fileIn("runs/b.json")).toBe(published);
  });

  it("repeats all for another extent, and if told to", async () => {
    await run(ALL);
    expect((await run({ ...ALL, thorough: true })).judged).toEqual(["a", "b", "c"]);
    expect((await run({ ...ALL, thorough: true })).judged).toEqual([]);
    expect((await run({ ...ALL, thorough: true, fresh: true })).judged).toEqual(["a", "b", "c"]);
  });

  it("tries again what did not boot, and has it as a row with its reason meanwhile", async () => {
    const broken: Engine = {
      judged: [],
      onTarget: (name) =>
        name === "b" ? { status: "setup-failed", reason: "port taken", scenarios: [], verdicts: [] } : undefined,
    };
    expect((await run(ALL, broken)).code).toBe(3);
    expect(await fileIn("matrix.md")).toContain("did not boot: port taken");
    expect((await run(ALL)).judged).toEqual(["b"]);
    expect(await fileIn("matrix.md")).not.toContain("did not boot");
  });
});

describe("a matrix of some targets", () => {
  it("keeps the others that were judged before", async () => {
    await run(ALL);
    const { judged, code } = await run(
      { ...ALL, targets: ["b"], fresh: true },
      {
        judged: [],
        onTarget: () => ({ verdicts: [failure()] }),
      },
    );
    expect({ judged, code }).toEqual({ judged: ["b"], code: 1 });
    const { targets } = JSON.parse(await fileIn("matrix.json")) as { targets: { name: string; conclusion: string }[] };
    expect(targets.map(({ name, conclusion }) => `${name} ${conclusion}`)).toEqual([
      "a conformant",
      "b not-conformant",
      "c conformant",
    ]);
  });

  it("says at once what is not installed", async () => {
    await rm(path.join(cwd, "bin", "bd"));
    const engine: Engine = { judged: [] };
    await expect(run(ALL, engine)).rejects.toThrow(
      "not installed:\n  b: expected on PATH: bd\nDebian: apt-get install libb; or --targets installed for what there is",
    );
    await expect(run({ ...ALL, targets: ["b"] }, engine)).rejects.toThrow(/not installed/);
    expect(engine.judged).toEqual([]);
  });

  it("takes what there is if told to, with a row for what is not", async () => {
    const { code } = await run(
      { ...ALL, targets: ["installed"] },
      {
        judged: [],
        onTarget: (name) =>
          name === "b"
            ? { status: "unavailable", reason: "expected on PATH: bd", scenarios: [], verdicts: [] }
            : undefined,
      },
    );
    expect(code).toBe(0);
    expect(await fileIn("matrix.md")).toContain("not installed: expected on PATH: bd");
  });

  it.each([
    [{ targets: ["all", "a"] }, /expected all, or installed, or names/],
    [{ targets: ["a", "a"] }, /a is named twice/],
    [{ targets: ["x"] }, /unknown target "x"/],
    [{ only: ["no/such"] }, /--only no\/such: expected a scenario/],
    [{ readme: "none.md" }, /none\.md: expected a file that can be read/],
  ] as const)("refuses %j before anything is started", async (part, message) => {
    const engine: Engine = { judged: [] };
    await expect(run({ ...ALL, ...part }, engine)).rejects.toThrow(message);
    expect(engine.judged).toEqual([]);
  });

  it("publishes no matrix with holes", async () => {
    await expect(run({ targets: ["all"], only: ["reload/*"] })).rejects.toThrow(/--only makes a matrix with holes/);
    expect((await run({ ...ALL, only: ["reload/*"] })).code).toBe(0);
  });
});

describe("an interrupted matrix", () => {
  it("keeps what is finished, writes no page, and goes on with the next target", async () => {
    const controller = new AbortController();
    const engine: Engine = {
      judged: [],
      onTarget(name) {
        if (name === "b") controller.abort(new Error("interrupted by SIGINT"));
        return undefined;
      },
    };
    const { code, stderr } = await run(ALL, engine, { signal: controller.signal });
    expect(code).toBe(130);
    expect(stderr).toContain(
      "interrupted: 1 of 3 targets finished and kept in m; the same command, without --fresh, goes on with b",
    );
    expect(await readdir(path.join(cwd, "m"))).toEqual(["runs"]);
    expect(await readdir(path.join(cwd, "m", "runs"))).toEqual(["a.json"]);
    expect((await run(ALL)).judged).toEqual(["b", "c"]);
  });

  it("is none if the engine crashed: the crash is passed on, what is finished kept", async () => {
    const crash = new Error("bug");
    const engine: Engine = {
      judged: [],
      onTarget(name) {
        if (name === "c") throw crash;
        return undefined;
      },
    };
    await expect(run(ALL, engine)).rejects.toBe(crash);
    expect((await run(ALL)).judged).toEqual(["c"]);
  });
});

describe("what is generated", () => {
  it("is renewed from the runs alone", async () => {
    await run(ALL);
    const before = await fileIn("matrix.md");
    await writeFile(path.join(cwd, "m", "matrix.md"), "edited");
    await writeFile(path.join(cwd, "m", "runs", "gone.md"), "of a target that has no run any more");
    const { code, judged } = await run({ ...ALL, render: true });
    expect({ code, judged }).toEqual({ code: 0, judged: [] });
    expect(await fileIn("matrix.md")).toBe(before);
    expect(await readdir(path.join(cwd, "m", "runs"))).not.toContain("gone.md");
  });

  it("is not made of nothing, nor without a run that can't be read", async () => {
    await expect(run({ ...ALL, render: true })).rejects.toThrow(/expected finished runs in runs\/, there are none/);
    await run(ALL);
    await writeFile(path.join(cwd, "m", "runs", "x.json"), "{}");
    await expect(run({ ...ALL, render: true })).rejects.toThrow(/x\.json: .*\n.*remove the file/s);
  });

  it("has no path of the machine in it", async () => {
    const evidence = [{ kind: "process", text: `1 (parent 0, S) ${process.execPath} ${cwd}/servers/x.ts` }] as const;
    await run(ALL, { judged: [], onTarget: () => ({ verdicts: [failure({ evidence })] }) });
    const { record: kept } = parseMatrixRun(await fileIn("runs/a.json"), "a");
    expect(kept.targets[0]?.verdicts[0]?.evidence[0]?.text).toBe("1 (parent 0, S) node servers/x.ts");
  });

  it("tells neither whose home it was made in nor where a target file lay", async () => {
    const packageRoot = path.join(cwd, "package");
    const file = path.join("servers", "peers", "a", "target.yaml");
    const evidence = [{ kind: "process", text: `/home/me/x.js ${cwd}/servers/peers/a/y.js` }] as const;
    const engine: Engine = { judged: [], onTarget: () => ({ name: "a", verdicts: [failure({ evidence })] }) };
    await run({ ...ALL, targets: [file] }, engine, { packageRoot });
    const { record: kept } = parseMatrixRun(await fileIn("runs/a.json"), "a");
    expect(kept.targets[0]?.verdicts[0]?.evidence[0]?.text).toBe("x.js y.js");
  });

  it("goes to the README between the marks, with links from there", async () => {
    const readme = path.join(cwd, "README.md");
    await writeFile(readme, "# x\n");
    await expect(run({ ...ALL, readme: true })).rejects.toThrow(/expected the lines <!-- matrix:begin -->/);
    await writeFile(readme, "# x\n<!-- matrix:begin -->\n<!-- matrix:end -->\n");
    await run({ ...ALL, readme: true });
    expect(await readFile(readme, "utf8")).toContain("[a](m/runs/a.md)");
  });
});
