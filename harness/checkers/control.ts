/* Rules on control: one checker under each id. */
export const control = {};
