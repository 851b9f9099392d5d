/* Rules on what is in flight while a server leaves: one checker under each id. */
export const drain = {};
