import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createGate } from "./gates.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hupspec-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const never = new AbortController().signal;
const enter = (name: string): Promise<void> => writeFile(path.join(folder, `${name}.entered`), "");

test("waits for the application to enter", async () => {
  const gate = createGate(folder, "g1");
  let known: boolean | undefined;
  const entered = gate.entered(never).then((value) => (known = value));
  await enter("another");
  expect(known).toBeUndefined();
  await enter("g1");
  expect(await entered).toBe(true);
});

test("has been entered before anybody asked", async () => {
  await enter("g1");
  expect(await createGate(folder, "g1").entered(never, 0)).toBe(true);
});

test("says so if nobody enters in time", async () => {
  expect(await createGate(folder, "g1").entered(never, 30)).toBe(false);
});

test("stops waiting on abort", async () => {
  const end = new AbortController();
  const entered = createGate(folder, "g1").entered(end.signal);
  end.abort(new Error("enough"));
  await expect(entered).rejects.toThrow("enough");
  await expect(createGate(folder, "g1").entered(end.signal)).rejects.toThrow("enough");
});

test("opens, again and again", async () => {
  const gate = createGate(folder, "g1");
  await gate.open();
  await gate.open();
  expect(await readdir(folder)).toEqual(["g1.open"]);
});

test.each(["", "../g", "a/b", ".hidden"])("%j is no name", (name) => {
  expect(() => createGate(folder, name)).toThrow("expected the name of a gate");
});
