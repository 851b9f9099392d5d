import type { MatrixRun } from "../../harness/spec/matrix-run.ts";
import { renderHtml } from "../html.ts";
import { renderDocument } from "../json.ts";
import { renderEvidence } from "./evidence.ts";
import { renderMatrixHtml } from "./html.ts";
import { renderMatrixMarkdown } from "./markdown.ts";
import { evidencePage, matrixOfRuns } from "./matrix.ts";

/** All that is generated from the runs of a matrix: contents by path from its folder. The runs themselves are not among them. */
export function renderMatrixFiles(runs: readonly MatrixRun[]): ReadonlyMap<string, string> {
  const matrix = matrixOfRuns(runs);
  return new Map([
    // The evidence first: whoever finds a link in a matrix finds where it leads.
    ...runs.flatMap((run) =>
      run.record.targets.flatMap(({ name }) => [
        [evidencePage(name, "md"), renderEvidence(run)] as const,
        [evidencePage(name, "html"), renderHtml(run.record)] as const,
      ]),
    ),
    ["matrix.json", withCellsOnOneLine(renderDocument(matrix))],
    ["matrix.md", renderMatrixMarkdown(matrix)],
    ["matrix.html", renderMatrixHtml(matrix)],
  ]);
}

/** So that a change of one verdict is a change of one line. Within a string a line break is escaped. */
function withCellsOnOneLine(json: string): string {
  return json.replace(
    /\{\n\s*("verdict": [^{}]*?)\n\s*\}/g,
    (_, fields: string) => `{ ${fields.replace(/\n\s*/g, " ")} }`,
  );
}
