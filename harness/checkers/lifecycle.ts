/* Rules on lifecycle: one checker under each id. */
export const lifecycle = {};
