import type { Quantiles } from "../harness/spec/history.ts";
import type { RunRecord, ScenarioRecord, TargetRecord } from "../harness/spec/run-record.ts";
import type { Verdict } from "../harness/spec/verdict.ts";

/* Records for the tests of whatever renders or judges a finished run. */

export function quantiles(part: Partial<Quantiles> = {}): Quantiles {
  return { count: 4000, p50: 1.2, p90: 2.5, p99: 8.25, p999: 14, max: 31.5, ...part };
}

export function verdict(part: Partial<Verdict> = {}): Verdict {
  return {
    requirement: "availability/reload-loses-nothing",
    level: "MUST",
    verdict: "pass",
    scenario: "availability/reload-under-load",
    site: "express",
    reason: "",
    expected: "every request answered",
    observed: "0 of 12,000 requests lost",
    trials: 12_000,
    bound95: 0.00025,
    evidence: [],
    repeat: "npx hupspec run --target reference --only availability/reload-under-load",
    ...part,
  };
}

export function failure(part: Partial<Verdict> = {}): Verdict {
  return verdict({
    verdict: "fail",
    reason: "3 requests were lost",
    observed: "3 of 12,000 requests lost",
    bound95: 0.00073,
    evidence: [{ kind: "request", atMs: 1203.4, text: "id r-000017 reset-before-answer-reused on connection 4" }],
    ...part,
  });
}

export function scenario(part: Partial<ScenarioRecord> = {}): ScenarioRecord {
  return {
    id: "availability/reload-under-load",
    site: "express",
    status: "pass",
    durationMs: 12_345.6,
    replays: 1,
    metrics: {
      loads: [
        {
          name: "fresh",
          door: "front",
          connections: "fresh",
          intended: 12_000,
          tally: { ok: 12_000 },
          lost: 0,
          bound95: 0.00025,
          duringReloads: { intended: 4000, lost: 0 },
          sessions: 0,
          reconnects: 0,
          latenessP99Ms: 0.4,
          latencyHdr: "",
        },
      ],
      reloads: [
        {
          index: 1,
          firstNewMs: 80.5,
          lastOldMs: 95,
          settledMs: 210,
          held: 0,
          timeline: { bucketMs: 25, good: [25, 24, 26, 25], bad: [0, 1, 0, 0] },
        },
      ],
      latency: { before: quantiles(), during: quantiles({ p99: 40 }), after: quantiles() },
      longestGapMs: 18.2,
      reconnects: 2,
      cpuSeconds: 3.5,
      peakPssBytes: 180_000_000,
      log: {
        records: 24_000,
        bytes: 4_800_000,
        recordsPerSecond: 2000,
        bytesPerSecond: 400_000,
        expected: 24_000,
        lost: 0,
      },
    },
    ...part,
  };
}

export function target(part: Partial<TargetRecord> = {}): TargetRecord {
  return {
    name: "reference",
    role: "stack",
    version: "0.1.0",
    status: "ok",
    reason: "",
    scenarios: [scenario()],
    verdicts: [verdict()],
    ...part,
  };
}

export function record(
  part: { targets?: readonly TargetRecord[]; interrupted?: boolean; id?: string } = {},
): RunRecord {
  return {
    schemaVersion: 1,
    run: {
      id: part.id ?? "20261122-101500-ab12",
      hupspecVersion: "0.1.0",
      catalogueVersion: 1,
      startedAt: "2026-11-22T10:15:00.000Z",
      durationMs: 61_500,
      command: "hupspec run --target reference",
      interrupted: part.interrupted ?? false,
    },
    environment: {
      platform: "linux x64",
      kernel: "6.18.0",
      cpu: "a processor",
      cores: 2,
      memoryBytes: 8_000_000_000,
      node: "26.10.0",
      tcp_migrate_req: 0,
    },
    targets: part.targets ?? [target()],
  };
}

/** One of everything: two sites, all verdicts, one target that is missing and one that did not boot. */
export function fullRecord(): RunRecord {
  const express = [
    verdict(),
    failure({
      requirement: "logging/ids-reconcile",
      reason: "answered <without> a & record | \u0000\u001b[31m`x` @someone",
    }),
    verdict({
      requirement: "availability/stall-bounded",
      level: "SHOULD",
      verdict: "warn",
      reason: "stalled 1,200 ms",
    }),
    verdict({ requirement: "connections/idle-survives", level: "BEST", verdict: "info", reason: "closed" }),
  ];
  const fastify = [
    verdict({ site: "fastify", verdict: "inconclusive", reason: "the generator was late" }),
    verdict({
      site: "fastify",
      requirement: "rotation/compression-safe",
      verdict: "unsupported",
      reason: "no compression",
    }),
    failure({
      site: "fastify",
      requirement: "logging/no-interleaving",
      verdict: "known-failure",
      reason: "upstream bug",
    }),
  ];
  return record({
    targets: [
      target({
        scenarios: [scenario({ status: "fail" }), scenario({ site: "fastify", status: "inconclusive" })],
        verdicts: [...express, ...fastify],
      }),
      target({ name: "gunicorn", status: "unavailable", reason: "gunicorn is missing", scenarios: [], verdicts: [] }),
      target({ name: "broken", status: "setup-failed", reason: "port taken", scenarios: [], verdicts: [] }),
    ],
  });
}
