import { z } from "zod";
import type { MatrixRun } from "../../harness/spec/matrix-run.ts";
import { parseDocument } from "../json.ts";
import { reportSchema } from "../schema/report.ts";

const matrixRunSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    basis: z
      .strictObject({
        hupspecVersion: z.string(),
        catalogueVersion: z.int(),
        targetVersion: z.string(),
        targetHash: z.string(),
        thorough: z.boolean(),
        scenarios: z.array(z.string()).readonly(),
      })
      .readonly(),
    record: reportSchema.refine(({ targets }) => targets.length === 1, "expected the record of one target"),
  })
  .readonly();

/** One line for each scenario and verdict: dozens of targets are published, and a run that changed should be readable as a change. */
export function renderMatrixRun(run: MatrixRun): string {
  // Within a string quotes are escaped, so that only real objects can match.
  return `${JSON.stringify(run).replace(/(?<=[[,])(?=\{"(?:requirement|id)":)/g, "\n")}\n`;
}

/**
 * Reads the text of a `runs/<target>.json` back; `file` only labels what is wrong.
 *
 * @throws {ReportFileError}
 */
export function parseMatrixRun(text: string, file: string): MatrixRun {
  return parseDocument(text, { file, schema: matrixRunSchema, expected: "JSON as written by `hupspec matrix`" });
}
