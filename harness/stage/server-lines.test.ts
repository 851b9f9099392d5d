import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Observation } from "../spec/observation.ts";
import { recordServerLines } from "./server-lines.ts";

type Context = Parameters<typeof recordServerLines>[0];

let folder: string;
let observations: Observation[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "hupspec-lines-"));
  observations = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The part of a stage that has a console, and a clock that `tick` moves. */
function context(now: () => number, signal = new AbortController().signal): Context {
  const target = { logPatterns: () => [], consoleFile: path.join(folder, "console") };
  return { target, site: "main", signal, recorder: { now, observations } } as unknown as Context;
}

describe("lines of the server", () => {
  it("are waited for, and recorded with what came meanwhile", async () => {
    const file = path.join(folder, "console");
    await writeFile(file, "reloading\n");
    const looks: (readonly string[])[] = [];
    const lines = await recordServerLines(
      context(() => 0),
      "after",
      (seen) => {
        looks.push(seen);
        if (looks.length === 1) void appendFile(file, "syntax error\n");
        return seen.includes("syntax error");
      },
    );
    expect(looks[0]).toEqual(["reloading"]);
    expect(lines).toEqual(["reloading", "syntax error"]);
    expect(observations).toEqual([{ kind: "log-lines", name: "after", atMs: 0, lines }]);
  });

  it("that never come are waited for no longer than the limit", async () => {
    await writeFile(path.join(folder, "console"), "reloading\n");
    let now = 0;
    const lines = await recordServerLines(
      context(() => (now += 5_000)),
      "after",
      () => false,
    );
    expect(lines).toEqual(["reloading"]);
    expect(observations).toHaveLength(1);
  });

  it("are given up when the run is", async () => {
    await writeFile(path.join(folder, "console"), "reloading\n");
    const controller = new AbortController();
    const waiting = recordServerLines(
      context(() => 0, controller.signal),
      "after",
      () => false,
    );
    controller.abort();
    await expect(waiting).rejects.toThrow("abort");
  });
});
