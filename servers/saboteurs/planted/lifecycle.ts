import type { Saboteur } from "./saboteur.ts";

export const lifecycle: readonly Saboteur[] = [];
