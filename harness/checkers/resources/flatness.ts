import type { History } from "../../spec/history.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { ResourceLook } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import { held, inconclusive, violated } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { reloads, whyNoReloadSeen } from "../reload-windows.ts";

/** What a process takes for itself while it is new (compiled code, caches, pools) is no leak: so much of the looks is left out. */
const WARM_UP = 1 / 3;
/** Descriptors that come and go with what happens to be under way at the look. */
const TOLERATED_DESCRIPTORS = 3;
/** How far the heap of a process with a garbage collector drifts without anything being kept. */
const TOLERATED_BYTES = 4 * 1024 * 1024;

export const flatness = {
  "resources/descriptors-flat": descriptorsFlat,
  "resources/memory-flat": memoryFlat,
};

// The main process holds no more descriptors after many reloads than after the first few.
function descriptorsFlat(history: History): Finding {
  return isFlat(history, {
    noun: "descriptors",
    tolerated: TOLERATED_DESCRIPTORS,
    valueOf: ({ descriptors }) => descriptors,
    format: (value) => String(Number(value.toFixed(2))),
  });
}

// The main process does not grow with the number of reloads.
function memoryFlat(history: History): Finding {
  if (observationsOf(history, "resources").some(({ pssBytes }) => pssBytes === 0)) {
    return inconclusive("the kernel does not tell how much memory the main process takes");
  }
  return isFlat(history, {
    noun: "memory",
    tolerated: TOLERATED_BYTES,
    valueOf: ({ pssBytes }) => pssBytes,
    format: (value) => `${(value / 1024).toFixed(0)} KiB`,
  });
}

interface Measure {
  readonly noun: string;
  /** Growth between the two halves that counts as none. */
  readonly tolerated: number;
  readonly valueOf: (look: ResourceLook) => number;
  readonly format: (value: number) => string;
}

/** Compares the medians of the two halves of what comes after the warm-up. */
function isFlat(history: History, { noun, tolerated, valueOf, format }: Measure): Finding {
  const reason = whyNoReloadSeen(history, history.loads);
  if (reason) return inconclusive(reason);
  const looks = looksAtMainProcess(history);
  const reloadCount = reloads(history).length;
  // One look after each reload.
  if (looks.length < LIMITS.loopReloads) {
    return inconclusive(`${looks.length} looks at one main process in ${reloadCount} reloads tell no trend`);
  }
  const steady = looks.slice(Math.ceil(looks.length * WARM_UP));
  const half = Math.floor(steady.length / 2);
  const [before, after] = [steady.slice(0, half), steady.slice(-half)].map((part) => median(part.map(valueOf)));
  // That many reloads lie between the middles of the halves.
  const apart = steady.length - half;
  const growth = (after ?? 0) - (before ?? 0);
  const text =
    `${noun} of the main process over ${looks.length} reloads: ${format(before ?? 0)}, then ${format(after ?? 0)}, ` +
    `${format(growth / apart)} more per reload; more than ${format(tolerated / apart)} would count`;
  if (growth <= tolerated) return held(looks.length, text);
  const shown = [looks[0], steady[0], steady[half], steady.at(-1)].filter((look) => look !== undefined);
  return violated({
    trials: looks.length,
    violations: 1,
    expected: `no growth beyond ${format(tolerated)} between the two halves of the last ${steady.length} reloads`,
    observed: text,
    evidence: shown.map((look) => ({
      kind: "process",
      atMs: look.atMs,
      text: `pid ${look.pid} after reload ${looks.indexOf(look) + 1}: ${format(valueOf(look))} (${noun})`,
    })),
  });
}

/**
 * Those at the process that was the main one in the end: one that was replaced meanwhile started afresh. Where each reload
 * replaces it, what is inherited can grow all the same, and all looks count.
 */
function looksAtMainProcess(history: History): readonly ResourceLook[] {
  const looks = observationsOf(history, "resources", "after-reload");
  const pids = new Set(looks.map(({ pid }) => pid));
  const last = looks.at(-1)?.pid;
  return pids.size > looks.length / 2 ? looks : looks.filter(({ pid }) => pid === last);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
