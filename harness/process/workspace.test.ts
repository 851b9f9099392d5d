import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createWorkspace } from "./workspace.ts";

let parent = "";
beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), "hupspec-test-"));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const releaseOf = async (link: string): Promise<unknown> =>
  JSON.parse(await readFile(path.join(link, "release.json"), "utf8")) as unknown;

test("has generation 1 of every site in force, and is gone afterwards", async () => {
  let root = "";
  {
    await using workspace = await createWorkspace({ sites: [{ name: "a" }, { name: "b" }], parent });
    root = workspace.root;
    expect((await stat(root)).mode & 0o777).toBe(0o700);
    expect((await readdir(root)).toSorted()).toEqual(["gates", "logs", "releases", "run", "sites"]);
    for (const site of ["a", "b"]) {
      expect(workspace.generation(site)).toBe(1);
      expect(workspace.current(site)).toBe(path.join(root, "sites", site, "current"));
      expect(await releaseOf(workspace.current(site))).toEqual({
        generation: 1,
        boot: { mode: "ok", delayMs: 0 },
        setting: "blue",
      });
    }
    expect(() => workspace.current("c")).toThrow("expected one of the sites a, b");
  }
  await expect(stat(root)).rejects.toThrow("ENOENT");
});

test("a deploy flips the link of its site, which is never missing", async () => {
  await using workspace = await createWorkspace({ sites: [{ name: "a" }, { name: "b" }], parent });
  const link = workspace.current("a");
  let looks = 0;
  const deploying = new AbortController();
  const looking = (async () => {
    const seen: number[] = [];
    while (!deploying.signal.aborted) {
      seen.push(((await releaseOf(link)) as { generation: number }).generation);
      looks++;
    }
    return seen;
  })();
  for (let generation = 2; generation <= 30; generation++) {
    expect(await workspace.deploy("a")).toMatchObject({ generation });
  }
  await expect.poll(() => looks).toBeGreaterThan(3);
  deploying.abort();
  const seen = await looking;
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(await readlink(link)).toBe(path.join(workspace.root, "releases", "a", "30"));
  expect(await readdir(path.dirname(link))).toEqual(["current"]);
  expect(workspace.generation("b")).toBe(1);
});

test("a release says how it boots and what it is set to", async () => {
  await using workspace = await createWorkspace({ sites: [{ name: "a" }], parent });
  await workspace.deploy("a", { boot: { mode: "delay", delayMs: 50 }, setting: "green" });
  expect(await releaseOf(workspace.current("a"))).toEqual({
    generation: 2,
    boot: { mode: "delay", delayMs: 50 },
    setting: "green",
  });
});

test("the probe application goes into every release", async () => {
  const appFolder = path.join(parent, "app");
  await mkdir(path.join(appFolder, "sub"), { recursive: true });
  await writeFile(path.join(appFolder, "sub", "app.py"), "x = 1\n");
  await using workspace = await createWorkspace({ sites: [{ name: "a", appFolder }], parent });
  const { folder } = await workspace.deploy("a");
  expect(await readFile(path.join(folder, "sub", "app.py"), "utf8")).toBe("x = 1\n");
  expect((await readdir(folder)).toSorted()).toEqual(["release.json", "sub"]);
});

test("a probe application that is not there is told, and nothing remains", async () => {
  const appFolder = path.join(parent, "none");
  await expect(createWorkspace({ sites: [{ name: "a", appFolder }], parent })).rejects.toThrow(appFolder);
  expect(await readdir(parent)).toEqual([]);
});
