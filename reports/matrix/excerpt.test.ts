import { describe, expect, it } from "vitest";
import { parseMatrixRun, renderMatrixRun } from "./run-file.ts";
import { excerptOf } from "./excerpt.ts";
import { matrixRun } from "./sample-runs.ts";
import { failure, record, target, verdict } from "../sample-record.ts";

const evidence = [
  { kind: "process", atMs: 12.345678912, text: "1 (parent 0, S) /srv/hupspec/node_modules/node server.ts" },
] as const;
const full = record({ targets: [target({ verdicts: [verdict(), failure({ evidence })] })] });
const [kept] = excerptOf(full, ["/srv/hupspec/"]).targets;

describe("what is published of a run", () => {
  it("keeps the evidence of a failure whole, without the folder that the suite lay in", () => {
    expect(kept?.verdicts[1]).toEqual(
      failure({ evidence: [{ kind: "process", atMs: 12.3457, text: "1 (parent 0, S) node_modules/node server.ts" }] }),
    );
  });

  it.each([
    ["GET http://127.0.0.1:80/app/list and /srv/app/x", "GET http://127.0.0.1:80/app/list and /srv/app/x"],
    ["/app/main.ts", "main.ts"],
    ["node --import=/app/a.ts '/app/b.ts' \"/app/c.ts\" (/app/d.ts:1)", "node --import=a.ts 'b.ts' \"c.ts\" (d.ts:1)"],
    ["PATH=/app/bin:/app/sbin -I/app/lib file:///app/x.js", "PATH=bin:sbin -Ilib file://x.js"],
    ['{"msg":"no\\n  at /app/x\\n/app/y"}', '{"msg":"no\\n  at x\\ny"}'],
    ["/home/me/app/x of /home/me/y", "x of y"],
    ["node /home/me/ap…; node /hom…; cat /home/you…", "node …; node …; cat /home/you…"],
  ])("cuts a folder out at the beginning of a path alone: %s", (text, published) => {
    const of = record({ targets: [target({ verdicts: [failure({ reason: text })] })] });
    const [cut] = excerptOf(of, ["/home/me/app/", "/home/me/", "/app/"]).targets;
    expect(cut?.verdicts[0]?.reason).toBe(published);
  });

  it("reduces a pass to what was observed, its trials and its bound", () => {
    expect(kept?.verdicts[0]).toEqual(verdict({ expected: "" }));
  });

  it("leaves histograms and timelines out, and no figure", () => {
    const [before] = full.targets[0]?.scenarios ?? [];
    const [after] = kept?.scenarios ?? [];
    expect(after?.metrics.reloads[0]).toMatchObject({ settledMs: 210, timeline: { good: [], bad: [] } });
    expect(after?.metrics.loads).toEqual(before?.metrics.loads);
    expect(after?.metrics.latency).toEqual(before?.metrics.latency);
  });
});

describe("the file of a run", () => {
  it("is read back as it was written", () => {
    const run = matrixRun();
    expect(parseMatrixRun(renderMatrixRun(run), "runs/x.json")).toEqual(run);
  });

  it("is refused with its place and what was expected there", () => {
    const run = matrixRun();
    const two = { ...run, record: { ...run.record, targets: [...run.record.targets, ...run.record.targets] } };
    expect(() => parseMatrixRun("{", "runs/x.json")).toThrow(
      /^runs\/x.json: expected JSON as written by `hupspec matrix`/,
    );
    expect(() => parseMatrixRun(renderMatrixRun(two), "runs/x.json")).toThrow(
      /^runs\/x.json: record: expected the record of one/,
    );
    expect(() => parseMatrixRun("{}", "runs/x.json")).toThrow(/runs\/x.json: basis: /);
  });
});
