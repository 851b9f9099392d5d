/* Rules on failure: one checker under each id. */
export const failure = {};
