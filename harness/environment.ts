import { readFileSync } from "node:fs";
import os from "node:os";
import type { EnvironmentFacts } from "./spec/run-record.ts";

/** What of the machine bears on the verdicts and figures of a run. */
export function environmentFacts(): EnvironmentFacts {
  const cpus = os.cpus();
  return {
    platform: `${os.type()} ${os.arch()}`,
    kernel: os.release(),
    cpu: cpus[0]?.model.trim() ?? "unknown",
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    node: process.version,
    tcp_migrate_req: readSysctl("/proc/sys/net/ipv4/tcp_migrate_req"),
  };
}

function readSysctl(file: string): number | null {
  try {
    return Number(readFileSync(file, "utf8").trim());
  } catch {
    // Kernels before 5.14, and other systems, have no such setting.
    return null;
  }
}
