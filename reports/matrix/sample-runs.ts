import type { MatrixBasis, MatrixRun } from "../../harness/spec/matrix-run.ts";
import type {
  LoadMetrics,
  ReloadMetrics,
  ScenarioMetrics,
  ScenarioRecord,
  TargetRecord,
} from "../../harness/spec/run-record.ts";
import { failure, record, scenario, target, verdict } from "../sample-record.ts";

/* Runs for the tests of whatever renders a matrix. */

export function matrixRun(part: Partial<TargetRecord> = {}, basis: Partial<MatrixBasis> = {}): MatrixRun {
  return {
    schemaVersion: 1,
    basis: {
      hupspecVersion: "0.1.0",
      catalogueVersion: 1,
      targetVersion: "0.1.0",
      targetHash: "0".repeat(64),
      thorough: false,
      scenarios: ["express/availability/reload-under-load"],
      ...basis,
    },
    record: record({ targets: [target(part)] }),
  };
}

type MetricsPart = Partial<Omit<ScenarioMetrics, "loads" | "reloads" | "log">> & {
  readonly loads?: readonly Partial<LoadMetrics>[];
  readonly reloads?: readonly Partial<ReloadMetrics>[];
  readonly log?: Partial<ScenarioMetrics["log"]>;
};

/** A scenario with the figures named, and those of the sample otherwise. */
export function measured({ loads, reloads, log, ...part }: MetricsPart): ScenarioRecord {
  const sample = scenario();
  const { metrics } = sample;
  return {
    ...sample,
    metrics: {
      ...metrics,
      ...part,
      loads: loads ? loads.flatMap((load) => metrics.loads.map((one) => ({ ...one, ...load }))) : metrics.loads,
      reloads: reloads
        ? reloads.flatMap((reload) => metrics.reloads.map((one) => ({ ...one, ...reload })))
        : metrics.reloads,
      log: { ...metrics.log, ...log },
    },
  };
}

/** An app server with one verdict of each kind, a proxy, and one target that is not installed. */
export function sampleRuns(): readonly MatrixRun[] {
  const seen = { kind: "log", text: "seen" } as const;
  return [
    matrixRun({
      name: "seed",
      status: "unavailable",
      reason: "expected on PATH: nginx",
      version: "",
      scenarios: [],
      verdicts: [],
    }),
    matrixRun({
      name: "a-proxy",
      role: "proxy",
      version: "nginx version: nginx/1.22.1",
      scenarios: [scenario({ site: "" })],
      verdicts: [verdict({ requirement: "proxy/own-reload", site: "" })],
    }),
    matrixRun({
      name: "gunicorn-sync",
      role: "app-server",
      version: "gunicorn (version 20.1.0)",
      scenarios: [scenario({ status: "fail" }), scenario({ site: "fastify", status: "inconclusive" })],
      verdicts: [
        verdict(),
        verdict({ site: "fastify", verdict: "inconclusive", reason: "the generator was late" }),
        verdict({
          site: "fastify",
          requirement: "availability/stall-bounded",
          verdict: "inconclusive",
          reason: "the generator was late",
        }),
        failure({ requirement: "logging/ids-reconcile" }),
        failure({
          requirement: "logging/no-interleaving",
          verdict: "known-failure",
          reason: "upstream bug - https://example.org/1",
        }),
        verdict({ requirement: "generation/mixed-window", level: "CHECK", verdict: "info", evidence: [seen] }),
        verdict({ requirement: "resources/no-zombies", level: "SHOULD", verdict: "warn", reason: "two of them" }),
        verdict({ requirement: "rotation/compression-safe", verdict: "unsupported", reason: "no compression" }),
      ],
    }),
  ];
}
