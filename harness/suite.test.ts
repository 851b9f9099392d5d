import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { abTenThousand } from "../scenarios/reload/ab-ten-thousand.ts";
import { reloadUnderLoad } from "../scenarios/reload/under-load.ts";
import { scenarios } from "../scenarios/index.ts";
import type { Scenario } from "./spec/scenario.ts";
import { runSuite } from "./suite.ts";

const packageRoot = path.resolve(import.meta.dirname, "..");
const OUTSIDE = "{path: /, generation: {header: x-app-version}}";
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hupspec-suite-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A service without the probe contract: one process that reads its release anew at HUP, and names it in a header. */
async function run(probe: string, only: readonly string[], given = scenarios) {
  const file = path.join(folder, "t.yaml");
  const server = path.join(import.meta.dirname, "targets", "fixtures", "server.ts");
  await writeFile(
    file,
    `hupspec: 1\nname: outside\nrole: app-server\nstart: ["\${node}", ${server}, --port, "\${port}"]\n` +
      `url: http://127.0.0.1:\${port}\nactions: {reload: {signal: HUP}}\nprobe: ${probe}\nworkers: 1\n`,
  );
  const record = await runSuite({
    targets: [file],
    only,
    packageRoot,
    hupspecVersion: "0.0.0",
    scenarios: given,
    env: process.env,
    cwd: folder,
    signal: new AbortController().signal,
    command: "test",
    onProgress: () => undefined,
  });
  const target = record.targets[0];
  if (!target) throw new Error("expected a target in the record");
  return { target, verdicts: Object.fromEntries(target.verdicts.map((one) => [one.requirement, one])) };
}

describe("a service that is seen from outside", () => {
  it("is judged by what its answers show, and by nothing else", { timeout: 60_000 }, async () => {
    const { target, verdicts } = await run(OUTSIDE, [reloadUnderLoad.id]);
    expect(target).toMatchObject({ status: "ok", reason: "" });
    const of = (id: string) => verdicts[id]?.verdict;
    expect(of("availability/reload-loses-nothing")).toBe("pass");
    expect(of("generation/new-code-serves")).toBe("pass");
    expect(of("resources/no-zombies")).toBe("pass");
    expect(of("connections/in-flight-completes")).toBe("unsupported");
    expect(of("generation/every-worker-replaced")).toBe("unsupported");
    expect(of("logging/ids-reconcile")).toBe("unsupported");
    expect(verdicts["availability/reload-loses-nothing"]?.repeat).toContain(`--target ${path.join(folder, "t.yaml")}`);
  });

  it("is told what is missing if its answers do not name their release", async () => {
    const { verdicts } = await run("{path: /}", [abTenThousand.id]);
    expect(verdicts["availability/ab-ten-thousand"]).toMatchObject({
      verdict: "unsupported",
      reason: expect.stringContaining("probe.generation"),
    });
  });
});

describe("a replay that the machine kept from being judged", () => {
  /** Keeps the generator from its schedule for as long as `busy` says so. */
  const hoggedWhile = (busy: () => boolean): Scenario => ({
    ...abTenThousand,
    async drive(stage) {
      const load = stage.openLoop({ name: "steady", door: "front", ratePerSecond: 50, connections: "fresh" });
      await load.further(5);
      const until = performance.now() + (busy() ? 400 : 0);
      while (performance.now() < until);
      await load.stop();
    },
  });

  it("is done again, once, and the report says so", { timeout: 60_000 }, async () => {
    let phases = 0;
    const { target, verdicts } = await run(OUTSIDE, [], [hoggedWhile(() => ++phases === 2)]);
    expect(phases).toBe(4);
    expect(target.scenarios).toMatchObject([{ replays: 2 }]);
    expect(verdicts["availability/ab-ten-thousand"]?.reason).not.toMatch(/generator/);
  });

  it("is not done for ever", { timeout: 60_000 }, async () => {
    const { target, verdicts } = await run(OUTSIDE, [], [hoggedWhile(() => true)]);
    expect(target.scenarios).toMatchObject([{ replays: 2, status: "inconclusive" }]);
    expect(verdicts["availability/ab-ten-thousand"]?.reason).toMatch(/generator was late/);
  });
});
