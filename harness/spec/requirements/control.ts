import type { Requirement } from "../requirement.ts";

export const control = [] as const satisfies readonly Requirement[];
