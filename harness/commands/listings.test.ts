import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { scenarios } from "../../scenarios/index.ts";
import { REQUIREMENTS } from "../spec/catalogue.ts";
import { UsageError } from "./io.ts";
import { requirements } from "./requirements.ts";
import { targets } from "./targets.ts";
import { testIo } from "./test-io.ts";

describe("hupspec requirements", () => {
  it("lists every rule with its sentence", async () => {
    const { io, written } = testIo();
    expect(await requirements({}, io, scenarios)).toBe(0);
    for (const { id, level, sentence } of REQUIREMENTS) {
      expect(written.stdout).toContain(`${id} (${level})\n  ${sentence}\n`);
    }
  });

  it("lists one group, as JSON too", async () => {
    const { io, written } = testIo();
    await requirements({ group: "rotation", json: true }, io, scenarios);
    const expected = REQUIREMENTS.filter(({ id }) => id.startsWith("rotation/"));
    expect(expected.length).toBeGreaterThan(0);
    expect(JSON.parse(written.stdout)).toMatchObject(expected);
    expect(JSON.parse(written.stdout)[0]).toMatchObject({ scenarios: expect.arrayContaining(["rotation/mid-burst"]) });
  });

  it("names the groups if it is asked for another", async () => {
    await expect(requirements({ group: "rotations" }, testIo().io, scenarios)).rejects.toThrow(
      /expected one of availability, /,
    );
  });
});

describe("hupspec targets", () => {
  let packageRoot: string;

  beforeEach(async () => {
    packageRoot = await mkdtemp(path.join(os.tmpdir(), "hupspec-targets-"));
    await mkdir(path.join(packageRoot, "servers", "peers", "other"), { recursive: true });
  });
  afterEach(() => rm(packageRoot, { recursive: true, force: true }));

  const file = (name: string, more: string) =>
    `hupspec: 1\nname: ${name}\nrole: proxy\nstart: [x]\nurl: http://127.0.0.1:1\n${more}`;

  it("says what is installed and what is missing", async () => {
    await writeFile(path.join(packageRoot, "servers", "own.target.yaml"), file("own", ""));
    const needs = "requires: {commands: [no-such-command], debian: [some-package]}\n";
    await writeFile(path.join(packageRoot, "servers", "peers", "other", "target.yaml"), file("other", needs));
    const { io, written } = testIo();
    expect(await targets({ packageRoot }, io)).toBe(0);
    const lines = written.stdout.split("\n");
    expect(lines[0]).toMatch(/^target +role +state$/);
    expect(lines[1]).toMatch(/^own +proxy +installed$/);
    expect(lines[2]).toMatch(/^other +proxy +unavailable: .*no-such-command.*some-package/);
  });

  it("points at what is wrong in a file", async () => {
    await writeFile(path.join(packageRoot, "servers", "own.target.yaml"), file("own", "prot: 1\n"));
    const failing = targets({ packageRoot }, testIo().io);
    await expect(failing).rejects.toBeInstanceOf(UsageError);
    await expect(failing).rejects.toThrow(/own\.target\.yaml:6:1: prot: unknown key/);
  });
});
