import type { Requirement } from "../requirement.ts";

export const rotation = [
  {
    id: "rotation/mid-burst-loses-nothing",
    level: "MUST",
    sentence: "Rotation in the middle of a burst loses and repeats no record.",
    why: "Live file and backups put together have to equal what was written; copying and truncating, or renaming under a writer that was not told, loses what arrives in between.",
    evidence: ["keymetrics/pm2-logrotate#200", "keymetrics/pm2-logrotate#135", "logrotate/logrotate#34"],
    roles: [],
    capabilities: ["contract", "rotation"],
  },
  {
    id: "rotation/record-boundaries",
    level: "MUST",
    sentence: "Every log file starts and ends at a record boundary.",
    why: "Rotation by bytes puts one half of a record at the end of a backup and the other at the start of the next file, where no reader joins them.",
    evidence: ["Supervisor/supervisor#749", "Supervisor/supervisor#751"],
    roles: [],
    capabilities: ["contract", "rotation"],
  },
  {
    id: "rotation/size-and-count",
    level: "MUST",
    sentence: "The declared limits on the size and the number of log files hold.",
    why: "The limits are what keeps the disk from filling; a file may exceed its limit only by a single record that is larger than it.",
    evidence: ["ochinchina/supervisord#308"],
    roles: [],
    capabilities: ["contract", "rotation"],
  },
  {
    id: "rotation/compression-safe",
    level: "MUST",
    sentence: "A compressed backup, unpacked, equals the stream of records that was written.",
    why: "Compressing a file that a writer still holds open loses what it writes in the meantime.",
    evidence: ["logrotate/logrotate#417"],
    roles: [],
    capabilities: ["contract", "rotation", "compression"],
  },
  {
    id: "rotation/during-reload",
    level: "MUST",
    sentence: "Rotation and reload at the same time break neither.",
    why: "Old and new workers write at once, into files that change under them: the moment in which each of the two mechanisms was written as if it were alone.",
    evidence: ["benoitc/gunicorn#3401"],
    roles: [],
    capabilities: ["contract", "rotation"],
  },
] as const satisfies readonly Requirement[];
