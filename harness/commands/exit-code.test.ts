import { describe, expect, it } from "vitest";
import { failure, fullRecord, record, target, verdict } from "../../reports/sample-record.ts";
import { exitCodeOf } from "./exit-code.ts";

const unsure = target({ verdicts: [verdict({ verdict: "inconclusive" })] });
const missing = target({ status: "setup-failed", reason: "x", scenarios: [], verdicts: [] });

describe("exit code of a run", () => {
  it.each([
    [0, record()],
    [1, fullRecord()],
    [1, record({ targets: [missing, unsure, target({ verdicts: [failure()] })] })],
    [3, record({ targets: [unsure, missing] })],
    [4, record({ targets: [target(), unsure] })],
    [130, { ...fullRecord(), run: { ...fullRecord().run, interrupted: true } }],
  ])("is %i", (code, subject) => {
    expect(exitCodeOf(subject)).toBe(code);
  });
});
