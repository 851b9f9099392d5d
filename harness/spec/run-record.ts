import type { Quantiles } from "./history.ts";
import type { OutcomeTally } from "./outcome.ts";
import type { Role } from "./target-facts.ts";
import type { Verdict, VerdictKind } from "./verdict.ts";

/** The contents of `report.json`; its JSON Schema is `reports/schema/report.schema.json`. */
export interface RunRecord {
  readonly schemaVersion: 1;
  readonly run: RunFacts;
  readonly environment: EnvironmentFacts;
  readonly targets: readonly TargetRecord[];
}

export interface RunFacts {
  readonly id: string;
  readonly hupspecVersion: string;
  /** Version of the catalogue of rules that the verdicts speak of. */
  readonly catalogueVersion: number;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly command: string;
  readonly interrupted: boolean;
}

export interface EnvironmentFacts {
  readonly platform: string;
  readonly kernel: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  /** `net.ipv4.tcp_migrate_req`; null where the kernel has none. */
  readonly tcp_migrate_req: number | null;
}

export interface TargetRecord {
  readonly name: string;
  readonly role: Role;
  readonly version: string;
  readonly status: "ok" | "unavailable" | "setup-failed";
  /** Why it is not `ok`; empty otherwise. */
  readonly reason: string;
  readonly scenarios: readonly ScenarioRecord[];
  readonly verdicts: readonly Verdict[];
}

export interface ScenarioRecord {
  readonly id: string;
  readonly site: string;
  readonly status: VerdictKind | "setup-failed";
  /** Of all replays together. */
  readonly durationMs: number;
  /** More than one where the machine kept the generator from its schedule, so that nothing could be decided; the last one counts. */
  readonly replays: number;
  readonly metrics: ScenarioMetrics;
}

export interface ScenarioMetrics {
  readonly loads: readonly LoadMetrics[];
  readonly reloads: readonly ReloadMetrics[];
  /** Latency in milliseconds from the intended time, outside and inside the reload windows. */
  readonly latency: { readonly before: Quantiles; readonly during: Quantiles; readonly after: Quantiles };
  readonly longestGapMs: number;
  readonly reconnects: number;
  readonly cpuSeconds: number;
  readonly peakPssBytes: number;
  readonly log: {
    readonly records: number;
    readonly bytes: number;
    readonly recordsPerSecond: number;
    readonly bytesPerSecond: number;
    /** Records known to have been written, and those of them that are missing; both 0 where somebody took the log away, filled the disk or stopped its reader. */
    readonly expected: number;
    readonly lost: number;
  };
}

export interface LoadMetrics {
  readonly name: string;
  readonly door: string;
  readonly connections: string;
  readonly intended: number;
  readonly tally: OutcomeTally;
  readonly lost: number;
  /** Upper end of the 95 % interval of the loss rate. */
  readonly bound95: number;
  /** Of these, requests under way during a reload to a release that boots, while nothing else was done to the target. */
  readonly duringReloads: { readonly intended: number; readonly lost: number };
  /** Connections kept alive side by side, and those opened beyond the first of each; 0 where each carries one request. */
  readonly sessions: number;
  readonly reconnects: number;
  readonly latenessP99Ms: number;
  /**
   * Latencies of all answered requests from the intended time: HdrHistogram's V2 compressed encoding in base64, values in
   * microseconds. Histograms of several runs can be added up.
   */
  readonly latencyHdr: string;
}

export interface ReloadMetrics {
  readonly index: number;
  /** From the signal; null where it was not seen. */
  readonly firstNewMs: number | null;
  readonly lastOldMs: number | null;
  readonly settledMs: number | null;
  /** Requests that were kept in flight across it: the old processes have to wait for them. */
  readonly held: number;
  /** Answers per bucket, good and bad, from 10 buckets before the signal on. */
  readonly timeline: { readonly bucketMs: number; readonly good: readonly number[]; readonly bad: readonly number[] };
}
