import type { Saboteur } from "./saboteur.ts";

/** The supervisor of the reference stack writes the log of each site; these faults are its own. */
const stack = (name: string, scenario: string, site: string) => ({
  name,
  target: "stack",
  fault: name,
  scenario,
  site,
});

const midBurst: readonly Saboteur[] = [
  {
    name: "copytruncate",
    target: "copytruncate/target.yaml",
    scenario: "rotation/mid-burst",
    caughtBy: {
      "rotation/mid-burst-loses-nothing": /burst "plain": \d+ of 200000 records .*; burst "reload": \d+ of 100000/,
      "rotation/during-reload": /reload 1 settled after \d+ ms, [1-9]\d* rotations meanwhile/,
      // Looking at the size from outside, it always comes after the limit.
      "rotation/size-and-count": /largest file \d+ bytes/,
    },
    perhaps: ["rotation/record-boundaries"],
    quick: true,
  },
  {
    ...stack("rotation-cuts-records", "rotation/mid-burst", "node-http"),
    caughtBy: { "rotation/record-boundaries": /[1-9]\d* of \d+ edges of \d+ files cut through a record/ },
    perhaps: ["rotation/mid-burst-loses-nothing", "rotation/during-reload"],
    cleared: ["rotation/size-and-count"],
  },
  {
    ...stack("one-backup-too-many", "rotation/mid-burst", "node-http"),
    caughtBy: { "rotation/size-and-count": /at most 33 backups/ },
    cleared: ["rotation/mid-burst-loses-nothing", "rotation/record-boundaries", "rotation/during-reload"],
  },
  {
    ...stack("compresses-what-is-written", "rotation/mid-burst", "express"),
    caughtBy: { "rotation/compression-safe": /[1-9]\d* records lost or repeated/ },
    perhaps: [
      "rotation/mid-burst-loses-nothing",
      "rotation/during-reload",
      "rotation/size-and-count",
      "rotation/record-boundaries",
    ],
  },
  {
    ...stack("reload-rotates-too", "rotation/mid-burst", "node-http"),
    caughtBy: { "rotation/during-reload": /reload 1 settled after \d+ ms, [1-9]\d* rotations meanwhile/ },
    // The burst with the reload is a burst too.
    perhaps: ["rotation/mid-burst-loses-nothing"],
  },
];

const otherHands: readonly Saboteur[] = [
  {
    ...stack("reopen-forgets-a-writer", "rotation/moved-away", "node-http"),
    caughtBy: { "rotation/all-writers-follow": /[1-9]\d* of \d+ descriptors still on the renamed file/ },
  },
  {
    ...stack("writes-to-the-deleted-file", "rotation/hostile-disk", "express"),
    caughtBy: { "rotation/deleted-file-recovers": /file-deleted: not back/ },
    cleared: ["rotation/disk-full"],
  },
  {
    ...stack("full-disk-uncounted", "rotation/hostile-disk", "express"),
    caughtBy: { "rotation/disk-full": /[1-9]\d* records missing, 0 counted as dropped/ },
    cleared: ["rotation/deleted-file-recovers"],
  },
  {
    ...stack("full-disk-gives-up", "rotation/hostile-disk", "express"),
    caughtBy: { "rotation/disk-full": /logging resumed never/ },
  },
  {
    ...stack("full-disk-ends-all", "rotation/hostile-disk", "express"),
    caughtBy: { "rotation/disk-full": /[1-9]\d* of \d+ requests without a good answer/ },
    perhaps: ["rotation/deleted-file-recovers"],
  },
  {
    ...stack("log-written-by-offset", "rotation/hostile-disk", "express"),
    // The zeros stand at the beginning of the live file, or, if it was rotated meanwhile, in a damaged line of a backup.
    caughtBy: {
      "rotation/copytruncate": /[1-9]\d* zero bytes at the beginning|beginning of the file, [1-9]\d* damaged/,
    },
    cleared: ["rotation/disk-full", "rotation/deleted-file-recovers"],
  },
  {
    ...stack("rotates-by-copy", "rotation/planted-links", "node-http"),
    caughtBy: { "rotation/no-symlink-follow": /[1-9]\d* files outside changed/ },
    quick: true,
  },
  {
    ...stack("compresses-through-links", "rotation/planted-links", "fastify"),
    caughtBy: { "rotation/no-symlink-follow": /[1-9]\d* files outside changed/ },
  },
  {
    ...stack("rotation-widens-mode", "rotation/planted-links", "fastify"),
    caughtBy: { "rotation/no-symlink-follow": /0 files outside changed.*[1-9]\d* of \d+ log files with a wider mode/ },
  },
];

export const rotation: readonly Saboteur[] = [...midBurst, ...otherHands];
