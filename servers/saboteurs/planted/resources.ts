import type { Saboteur } from "./saboteur.ts";

export const resources: readonly Saboteur[] = [];
