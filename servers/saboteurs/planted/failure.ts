import type { Saboteur } from "./saboteur.ts";

export const failure: readonly Saboteur[] = [];
