import { describe, expect, it } from "vitest";
import { parseReport, renderJson, ReportFileError } from "./json.ts";
import { fullRecord, quantiles, record, scenario, target } from "./sample-record.ts";

describe("report.json", () => {
  it("reads back what was written", () => {
    expect(parseReport(renderJson(fullRecord()), "r.json")).toEqual(fullRecord());
  });

  it("keeps arrays of numbers on one line", () => {
    expect(renderJson(record())).toContain('"good": [25, 24, 26, 25]');
  });

  it("keeps what was not measured as not measured", () => {
    const base = scenario();
    const during = quantiles({ count: 0, p50: Number.NaN, max: Number.NaN });
    const metrics = { ...base.metrics, latency: { ...base.metrics.latency, during } };
    const written = record({ targets: [target({ scenarios: [{ ...base, metrics }] })] });
    expect(renderJson(written)).toContain('"p50": null');
    expect(parseReport(renderJson(written), "r.json")).toEqual(written);
  });

  it("says where a file is no report and what was expected", () => {
    const broken = renderJson(record()).replace('"conformant"', '""').replace('"status": "ok"', '"status": "fine"');
    expect(() => parseReport(broken, "r.json")).toThrow(ReportFileError);
    expect(() => parseReport(broken, "r.json")).toThrow(/^r\.json: targets\[0\]\.status: .*expected.*"ok"/);
    expect(() => parseReport("{", "r.json")).toThrow(/^r\.json: expected JSON/);
  });
});
