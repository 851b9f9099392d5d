import type { Saboteur } from "./saboteur.ts";

export const logging: readonly Saboteur[] = [
  {
    name: "log-lost-at-exit",
    target: "prefork",
    fault: "log-lost-at-exit",
    scenario: "logging/concurrent-writers",
    caughtBy: { "logging/shutdown-output-kept": /[1-9]\d* of \d+ answered requests without their records/ },
    perhaps: ["logging/every-record-once"],
    cleared: ["logging/no-interleaving", "logging/long-record-whole", "logging/multibyte-intact"],
  },
  {
    name: "log-twice",
    target: "prefork",
    fault: "log-twice",
    scenario: "logging/concurrent-writers",
    caughtBy: { "logging/every-record-once": /; [1-9]\d? lost or repeated;/ },
    // The copy of a long record makes that one too many.
    perhaps: ["logging/long-record-whole"],
    cleared: ["logging/no-interleaving", "logging/multibyte-intact", "logging/shutdown-output-kept"],
  },
  {
    name: "log-in-parts",
    target: "prefork",
    fault: "log-in-parts",
    scenario: "logging/concurrent-writers",
    caughtBy: {
      "logging/no-interleaving": /^[1-9]\d* mixed lines/,
      "logging/long-record-whole": /records of more than 65536 bytes asked for/,
      "logging/every-record-once": /; [1-9]\d* lost or repeated;/,
    },
    // A part may end inside of a character.
    perhaps: ["logging/multibyte-intact", "logging/shutdown-output-kept"],
    quick: true,
  },
  {
    name: "log-cut",
    target: "prefork",
    fault: "log-cut",
    scenario: "logging/concurrent-writers",
    caughtBy: {
      "logging/long-record-whole": /records of more than 65536 bytes asked for; longest line found 65537 bytes/,
      "logging/every-record-once": /; [1-9]\d* lost or repeated;/,
    },
    perhaps: ["logging/no-interleaving", "logging/multibyte-intact"],
    cleared: ["logging/shutdown-output-kept"],
  },
  {
    name: "log-decoded-by-chunk",
    target: "prefork",
    fault: "log-decoded-by-chunk",
    scenario: "logging/concurrent-writers",
    caughtBy: { "logging/multibyte-intact": /, [1-9]\d* lines with broken characters/ },
    // A record with other bytes than were written is none.
    perhaps: ["logging/every-record-once", "logging/long-record-whole"],
    cleared: ["logging/no-interleaving", "logging/shutdown-output-kept"],
  },
  {
    name: "log-forgets-answers",
    target: "prefork",
    fault: "log-forgets-answers",
    scenario: "reload/ab-ten-thousand",
    caughtBy: { "logging/ids-reconcile": /^[1-9]\d? of \d+ requests disagree with the log/ },
    cleared: ["availability/ab-ten-thousand"],
  },
  {
    name: "traceback-by-lines",
    target: "prefork",
    fault: "traceback-by-lines",
    scenario: "logging/tracebacks",
    caughtBy: {
      "logging/multiline-contiguous":
        /^\d+ tracebacks of 2 failing releases among \d+ records, [1-9]\d* of them broken/,
    },
  },
  {
    name: "sink-blocks",
    target: "prefork",
    fault: "sink-blocks",
    scenario: "logging/sink",
    caughtBy: { "logging/stalled-sink": /stood still for 5\d{3} ms .*: [1-9]\d* of \d+ requests held up/ },
    cleared: ["logging/lost-reader"],
  },
  {
    name: "sink-drops-untold",
    target: "prefork",
    fault: "sink-drops-untold",
    scenario: "logging/sink",
    caughtBy: {
      "logging/stalled-sink": /: 0 of \d+ requests held up, .*; [1-9]\d* records missing, the log tells of 0$/,
    },
    cleared: ["logging/lost-reader"],
  },
  {
    name: "reader-lost-dies",
    target: "prefork",
    fault: "reader-lost-dies",
    scenario: "logging/sink",
    caughtBy: { "logging/lost-reader": /^[1-9]\d* processes ended/ },
    cleared: ["logging/stalled-sink"],
    quick: true,
  },
  {
    name: "reader-lost-spins",
    target: "prefork",
    fault: "reader-lost-spins",
    scenario: "logging/sink",
    caughtBy: { "logging/lost-reader": /^0 processes ended; \d{2,} % of a core used with nothing to do; 0 of/ },
    cleared: ["logging/stalled-sink"],
  },
];
