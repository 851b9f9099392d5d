import type { Saboteur } from "./saboteur.ts";

export const generation: readonly Saboteur[] = [];
