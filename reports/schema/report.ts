import { z } from "zod";
import { TRANSPORT_OUTCOMES } from "../../harness/spec/outcome.ts";
import { LEVELS } from "../../harness/spec/requirement.ts";
import { ROLES } from "../../harness/spec/target-facts.ts";
import { VERDICTS } from "../../harness/spec/verdict.ts";

/*
 * The run record as others may read it. JSON has no NaN: what could not be measured (the median of no answers, the
 * bound of no trials) stands as `null` in the file and is NaN again once read.
 */

const count = z.int().nonnegative();
const measured = z.number().or(z.null().transform(() => Number.NaN));

const quantiles = z
  .strictObject({ count, p50: measured, p90: measured, p99: measured, p999: measured, max: measured })
  .readonly()
  .meta({ id: "Quantiles", description: "Milliseconds" });

const evidence = z
  .strictObject({
    kind: z.enum(["request", "log", "process", "file", "action", "timeline"]),
    atMs: z.exactOptional(measured).meta({ description: "Milliseconds since the start of the replay" }),
    text: z.string(),
  })
  .readonly()
  .meta({ id: "Evidence" });

const verdict = z
  .strictObject({
    requirement: z.string(),
    level: z.enum(LEVELS),
    verdict: z.enum(VERDICTS),
    scenario: z.string(),
    site: z.string(),
    reason: z.string(),
    expected: z.string(),
    observed: z.string(),
    trials: count,
    bound95: measured.meta({ description: "Upper end of the 95 % interval of the violation rate" }),
    evidence: z.array(evidence).readonly(),
    repeat: z.string().meta({ description: "A one-line command that repeats the scenario" }),
  })
  .readonly()
  .meta({ id: "Verdict" });

const outcome = z.union([z.enum(TRANSPORT_OUTCOMES), z.templateLiteral(["status-", z.number()])]);

const load = z
  .strictObject({
    name: z.string(),
    door: z.string(),
    connections: z.string(),
    intended: count,
    tally: z.partialRecord(outcome, count).readonly(),
    lost: count,
    bound95: measured.meta({ description: "Upper end of the 95 % interval of the loss rate" }),
    duringReloads: z
      .strictObject({ intended: count, lost: count })
      .readonly()
      .default({ intended: 0, lost: 0 })
      .meta({ description: "Requests under way during an undisturbed reload to a release that boots" }),
    sessions: count.default(0).meta({ description: "Connections kept alive side by side" }),
    reconnects: count.default(0),
    latenessP99Ms: measured,
    latencyHdr: z.string().meta({ description: "HdrHistogram, V2 compressed, in base64; microseconds" }),
  })
  .readonly()
  .meta({ id: "Load" });

/** Milliseconds from the signal; null where it was not seen. */
const instant = z.number().nullable();

const reload = z
  .strictObject({
    index: count,
    firstNewMs: instant,
    lastOldMs: instant,
    settledMs: instant,
    held: count.default(0).meta({ description: "Requests kept in flight across it" }),
    timeline: z
      .strictObject({ bucketMs: z.number(), good: z.array(count).readonly(), bad: z.array(count).readonly() })
      .readonly(),
  })
  .readonly()
  .meta({ id: "Reload" });

const metrics = z
  .strictObject({
    loads: z.array(load).readonly(),
    reloads: z.array(reload).readonly(),
    latency: z.strictObject({ before: quantiles, during: quantiles, after: quantiles }).readonly(),
    longestGapMs: measured,
    reconnects: count,
    cpuSeconds: measured,
    peakPssBytes: measured,
    log: z
      .strictObject({
        records: count,
        bytes: count,
        recordsPerSecond: measured,
        bytesPerSecond: measured,
        expected: count.default(0),
        lost: count.default(0),
      })
      .readonly(),
  })
  .readonly()
  .meta({ id: "Metrics" });

const scenario = z
  .strictObject({
    id: z.string(),
    site: z.string(),
    status: z.enum([...VERDICTS, "setup-failed"]),
    durationMs: measured,
    replays: z.number().int().nonnegative().default(1),
    metrics,
  })
  .readonly()
  .meta({ id: "Scenario" });

const target = z
  .strictObject({
    name: z.string(),
    role: z.enum(ROLES),
    version: z.string(),
    status: z.enum(["ok", "unavailable", "setup-failed"]),
    reason: z.string(),
    scenarios: z.array(scenario).readonly(),
    verdicts: z.array(verdict).readonly(),
  })
  .readonly()
  .meta({ id: "Target" });

/** Schema of `report.json`; its output type is the spec's `RunRecord`. */
export const reportSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    run: z
      .strictObject({
        id: z.string(),
        hupspecVersion: z.string(),
        // Reports from before there was a second version do not say.
        catalogueVersion: z.number().int().default(1),
        startedAt: z.string(),
        durationMs: measured,
        command: z.string(),
        interrupted: z.boolean(),
      })
      .readonly(),
    environment: z
      .strictObject({
        platform: z.string(),
        kernel: z.string(),
        cpu: z.string(),
        cores: count,
        memoryBytes: count,
        node: z.string(),
        tcp_migrate_req: z.number().nullable(),
      })
      .readonly(),
    targets: z.array(target).readonly(),
  })
  .readonly();

/** JSON Schema (draft 2020-12) of the file as it is written; the committed copy is `report.schema.json`. */
export function reportJsonSchema(): unknown {
  return {
    // `readOnly` is about our types, not about the file.
    ...z.toJSONSchema(reportSchema, { io: "input", override: ({ jsonSchema }) => delete jsonSchema.readOnly }),
    title: "hupspec report",
    description: "Outcome of one hupspec run: targets, scenarios with metrics, verdicts with evidence.",
  };
}
