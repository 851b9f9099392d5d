import type { Saboteur } from "./saboteur.ts";

export const proxy: readonly Saboteur[] = [];
