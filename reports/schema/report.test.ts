import { readFileSync } from "node:fs";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { z } from "zod";
import type { RunRecord } from "../../harness/spec/run-record.ts";
import { fullRecord, record } from "../sample-record.ts";
import { reportJsonSchema, reportSchema } from "./report.ts";

const committed = new URL("report.schema.json", import.meta.url);

describe("report schema", () => {
  it("has the spec's type", () => {
    expectTypeOf<z.infer<typeof reportSchema>>().toEqualTypeOf<RunRecord>();
  });

  it("takes a record as it is", () => {
    expect(reportSchema.parse(fullRecord())).toEqual(fullRecord());
  });

  it("refuses an unknown key, a wrong version and an unknown outcome", () => {
    const good = record();
    expect(reportSchema.safeParse({ ...good, extra: 1 }).success).toBe(false);
    expect(reportSchema.safeParse({ ...good, schemaVersion: 2 }).success).toBe(false);
    const odd = JSON.parse(JSON.stringify(good).replace('"tally":{"ok"', '"tally":{"odd"'));
    expect(reportSchema.safeParse(odd).success).toBe(false);
  });

  it("takes any status code as an outcome", () => {
    const withStatus = JSON.parse(JSON.stringify(record()).replace('"tally":{"ok"', '"tally":{"status-502":0,"ok"'));
    expect(reportSchema.safeParse(withStatus).success).toBe(true);
  });

  it("is published in its current form", () => {
    expect(JSON.parse(readFileSync(committed, "utf8"))).toEqual(JSON.parse(JSON.stringify(reportJsonSchema())));
  });
});
