import type { Saboteur } from "./saboteur.ts";

export const control: readonly Saboteur[] = [];
