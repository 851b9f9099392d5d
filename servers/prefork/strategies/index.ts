import { allAtOnce } from "./all-at-once.ts";
import { restart } from "./restart.ts";
import { rolling } from "./rolling.ts";
import type { Strategy } from "./strategy.ts";

export const STRATEGIES = {
  "all-at-once": allAtOnce,
  rolling,
  restart,
} as const satisfies Record<string, Strategy>;

export type StrategyName = keyof typeof STRATEGIES;
