import type { Requirement } from "../requirement.ts";

export const failure = [] as const satisfies readonly Requirement[];
