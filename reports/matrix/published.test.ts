import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { readRuns } from "../../harness/commands/matrix-files.ts";
import { digestIn, renderDigest } from "./digest.ts";
import { renderMatrixFiles } from "./files.ts";
import { matrixOfRuns } from "./matrix.ts";

/* What is published follows from its runs alone: `npx hupspec matrix --render --readme` renews it. */

const ROOT = path.resolve(import.meta.dirname, "..", "..");
const PUBLISHED = path.join(ROOT, "reports", "published");
/** What a target may add to the repository, evidence included. */
const TARGET_BYTES = 300_000;

describe.runIf(existsSync(path.join(PUBLISHED, "runs")))("the published matrix", () => {
  it("is what its runs give, and nothing else", async () => {
    const files = renderMatrixFiles(await readRuns(PUBLISHED));
    for (const [name, content] of files) expect(await readFile(path.join(PUBLISHED, name), "utf8"), name).toBe(content);
    const pages = (await readdir(path.join(PUBLISHED, "runs"))).filter((name) => !name.endsWith(".json"));
    expect(pages.filter((name) => !files.has(`runs/${name}`))).toEqual([]);
  });

  it("is what the README shows a digest of", async () => {
    const readme = await readFile(path.join(ROOT, "README.md"), "utf8");
    expect(digestIn(readme)).toBe(renderDigest(matrixOfRuns(await readRuns(PUBLISHED)), "reports/published"));
  });

  it("stays small", async () => {
    for (const { record } of await readRuns(PUBLISHED)) {
      for (const { name } of record.targets) {
        const own = (await readdir(path.join(PUBLISHED, "runs"))).filter((file) => path.parse(file).name === name);
        const contents = await Promise.all(own.map((file) => readFile(path.join(PUBLISHED, "runs", file))));
        expect(
          contents.reduce((sum, { byteLength }) => sum + byteLength, 0),
          name,
        ).toBeLessThan(TARGET_BYTES);
      }
    }
  });
});
