import type { Requirement } from "../requirement.ts";

export const lifecycle = [] as const satisfies readonly Requirement[];
