import type { Saboteur } from "./saboteur.ts";

export const logging: readonly Saboteur[] = [];
