import type { Saboteur } from "./saboteur.ts";

export const rotation: readonly Saboteur[] = [
  {
    name: "copytruncate",
    target: "copytruncate/target.yaml",
    scenario: "rotation/mid-burst",
    caughtBy: {
      "rotation/mid-burst-loses-nothing": /burst "plain": \d+ of 200000 records .*; burst "reload": \d+ of 200000/,
      "rotation/during-reload": /reload 1 settled after \d+ ms, [1-9]\d* rotations meanwhile/,
      // Looking at the size from outside, it always comes after the limit.
      "rotation/size-and-count": /largest file \d+ bytes/,
    },
    perhaps: ["rotation/record-boundaries"],
    quick: true,
  },
];
