import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConfigFileError } from "../../config/positioned-yaml.ts";
import { findTarget, listCatalogue, readCatalogue, UnknownTargetError } from "./catalogue.ts";

const packageRoot = path.join(import.meta.dirname, "..", "..");

let root = "";
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "hupspec-test-"));
  await mkdir(path.join(root, "servers", "peers", "other"), { recursive: true });
  await mkdir(path.join(root, "servers", "peers", "apps", "wsgi"), { recursive: true });
  const file = (name: string, more = ""): string =>
    `{hupspec: 1, name: ${name}, role: proxy, start: [x], app: wsgi, url: "http://h:1"${more}}`;
  await writeFile(path.join(root, "servers", "own.target.yaml"), file("own"));
  await writeFile(
    path.join(root, "servers", "peers", "other", "target.yaml"),
    file("other", ", requires: {commands: [sh, hupspec-no-such-command], debian: [some-package, more]}"),
  );
});
afterEach(() => rm(root, { recursive: true, force: true }));

test("own servers first, then the peers that have a target file", async () => {
  expect(await readCatalogue(root)).toEqual([
    { name: "own", file: path.join(root, "servers", "own.target.yaml") },
    { name: "other", file: path.join(root, "servers", "peers", "other", "target.yaml") },
  ]);
  expect(await readCatalogue(path.join(root, "nowhere"))).toEqual([]);
});

test("finds by name and by path", async () => {
  const own = await findTarget("own", root, "/");
  expect(own.name).toBe("own");
  expect(own.appFolders).toEqual(new Map([["main", path.join(root, "servers", "peers", "apps", "wsgi")]]));
  expect((await findTarget("./peers/other/target.yaml", root, path.join(root, "servers"))).name).toBe("other");
  await expect(findTarget("nobody", root, "/")).rejects.toThrow(UnknownTargetError);
  await expect(findTarget("nobody", root, "/")).rejects.toThrow(/"nobody", expected .* one of own, other/);
  await expect(findTarget("./nobody.yaml", root, root)).rejects.toThrow(ConfigFileError);
});

test("tells what is missing and what brings it", async () => {
  const listed = await listCatalogue(root, process.env);
  expect(listed.map(({ name, unavailable }) => [name, unavailable])).toEqual([
    ["own", ""],
    ["other", "expected on PATH: hupspec-no-such-command (Debian: apt-get install some-package more)"],
  ]);
});

test("npm packages are looked up from the target file's folder upwards", async () => {
  const npm = path.join(root, "servers", "peers", "npm");
  await mkdir(path.join(npm, "..", "node_modules", "@scope", "there"), { recursive: true });
  await writeFile(path.join(npm, "..", "package.json"), "{}");
  await writeFile(path.join(npm, "..", "node_modules", "@scope", "there", "package.json"), "{}");
  await mkdir(npm);
  const requires = "requires: {npm: ['@scope/there', absent], debian: [not-its-package]}";
  const file = `{hupspec: 1, name: npm, role: proxy, start: [x], url: "http://h:1", ${requires}}`;
  await writeFile(path.join(npm, "target.yaml"), file);
  const listed = await listCatalogue(root, process.env);
  const folder = path.join(root, "servers", "peers");
  expect(listed.find(({ name }) => name === "npm")?.unavailable).toBe(
    `expected npm packages: absent (npm ci --prefix ${folder})`,
  );
});

test("every target file that comes with the package is right, under the name in it", async () => {
  const listed = await listCatalogue(packageRoot, process.env);
  expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(["stack", "prefork"]));
  for (const { name, definition } of listed) expect(definition.name).toBe(name);
});
