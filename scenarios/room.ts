import type { Stage } from "../harness/spec/scenario.ts";

/**
 * The first of `wanted`, as many as can be in flight with a worker left for all others. Where workers do one request at a time, more
 * would wait for the ones before, and nothing would be served meanwhile.
 */
export function withinRoom<T>({ facts }: Stage, wanted: readonly T[]): readonly T[] {
  return facts.concurrency === undefined ? wanted : wanted.slice(0, Math.max(1, facts.concurrency - 1));
}
