import { describe, expect, it } from "vitest";
import { evidencePage, matrixOfRuns } from "./matrix.ts";
import { renderMatrixFiles } from "./files.ts";
import { sampleRuns } from "./sample-runs.ts";

const files = renderMatrixFiles(sampleRuns());

describe("the files of a matrix", () => {
  it("are the matrix three times, and two pages of evidence for each target", () => {
    expect([...files.keys()].toSorted()).toEqual([
      "matrix.html",
      "matrix.json",
      "matrix.md",
      ...["a-proxy", "gunicorn-sync", "seed"].flatMap((name) => [evidencePage(name, "html"), evidencePage(name, "md")]),
    ]);
  });

  it.each([
    ["matrix.md", /\]\((runs\/[^)\s]+)/g],
    ["matrix.html", /href="(runs\/[^"]+)"/g],
    ["matrix.json", /"evidence": "(runs\/[^"]+)"/g],
  ])("%s has no link that leads nowhere", (name, link) => {
    const links = [...(files.get(name) ?? "").matchAll(link)].map(([, target = ""]) => target);
    expect(links.length).toBeGreaterThanOrEqual(8);
    const dead = links.filter((target) => {
      const [page = "", anchor] = target.split("#");
      const content = files.get(page) ?? "";
      return content === "" || (anchor !== undefined && content.split(`id="${anchor}"`).length !== 2);
    });
    expect(dead).toEqual([]);
  });

  it("have one line of JSON for each cell, and the same content", () => {
    const json = files.get("matrix.json") ?? "";
    expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(matrixOfRuns(sampleRuns()))));
    expect(json).toContain(
      '"logging/ids-reconcile": { "verdict": "fail", "trials": 12000, "bound95": 0.00073, "evidence": "',
    );
  });

  it("are the same for the same runs", () => {
    expect(renderMatrixFiles(sampleRuns())).toEqual(files);
  });
});
