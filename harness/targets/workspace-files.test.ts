import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PlaceholderValues } from "./placeholders.ts";
import { OverwrittenFiles, writeWorkspaceFiles } from "./workspace-files.ts";

let root = "";

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "hupspec-files-"));
});

afterEach(() => rm(root, { recursive: true }));

const values = (): PlaceholderValues => ({
  ports: new Map(),
  workspace: root,
  current: new Map(),
  gates: "",
  targetDir: root,
  workers: 2,
  node: "node",
  env: {},
});

const contents = (name: string): Promise<string> => readFile(path.join(root, name), "utf8");

test("placeholders of texts are filled in, copies are taken as they are", async () => {
  await writeFile(path.join(root, "original"), "workers: ${WORKERS:-2}\n");
  const files = { "etc/text": "workers: ${workers}\n", "etc/copy": { copy: "${targetDir}/original" } };
  await writeWorkspaceFiles(files, root, values());
  expect(await contents("etc/text")).toBe("workers: 2\n");
  expect(await contents("etc/copy")).toBe("workers: ${WORKERS:-2}\n");
});

test("what is overwritten, however often, comes back as it was, and what was not there goes", async () => {
  await writeFile(path.join(root, "conf"), "sound\n");
  const overwritten = new OverwrittenFiles(root);
  await overwritten.overwrite({ conf: "broken\n" }, values());
  await overwritten.overwrite({ conf: "still broken\n", more: "of it\n" }, values());
  expect(await contents("conf")).toBe("still broken\n");
  await overwritten.restore();
  expect(await contents("conf")).toBe("sound\n");
  await expect(contents("more")).rejects.toMatchObject({ code: "ENOENT" });
  await writeFile(path.join(root, "conf"), "changed since\n");
  await overwritten.restore();
  expect(await contents("conf")).toBe("changed since\n");
});
