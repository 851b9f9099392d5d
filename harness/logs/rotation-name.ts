/** What a file's name says about its place among live file and backups. */
export interface RotationPlace {
  /** The name of the log without number, date and compression: the same for all files of a stream. */
  readonly stream: string;
  /**
   * `plain` app.log · `suffix` app.log.3 · `infix` app.3.log · `dated` app.log-20261122, app.2026-11-22.1.log, app.log.1764000000 ·
   * `labelled` @4000000069241d2c1f3f5c04.s, a backup of `current`
   */
  readonly kind: "plain" | "suffix" | "infix" | "dated" | "labelled";
  /** Number or date, to be compared with numbers taken as numbers; empty for `plain`. */
  readonly key: string;
  /** The name says that the file is compressed. */
  readonly compressed: boolean;
  /** A file on its way to becoming a backup, or a lock: not a part of the log. */
  readonly temporary: boolean;
}

const DATE = String.raw`\d{4}-?\d{2}-?\d{2}`;
const EXTENSION = String.raw`\.[A-Za-z][A-Za-z0-9]*`;
const DATED_INFIX = new RegExp(
  `^(?<head>.+?)[-._](?<key>${DATE}.*?)(?<tail>\\.(?:log|txt|jsonl?|ndjson|out|err))$`,
  "s",
);
const DATED_SUFFIX = new RegExp(`^(?<head>.+?)[-._](?<key>${DATE}.*)$`, "s");
const NUMBER_SUFFIX = /^(?<head>.+)\.(?<key>\d{1,5})$/s;
const NUMBER_INFIX = new RegExp(`^(?<head>.+)\\.(?<key>\\d{1,5})(?<tail>${EXTENSION})$`, "s");

/**
 * Folders of multilog, svlogd and s6-log: a label in TAI64N (seconds and nanoseconds in 24 hex digits), written in full (`s`), after an outage
 * (`u`), or still at the processor (`t`).
 */
const LABELLED = /^@(?<label>[0-9a-f]{24})\.(?<state>[stu])$/;
/** What `current` is called there on its way to such a name. */
const RENAMED_CURRENT = ["previous", "processed"];

export function placeInRotation(basename: string): RotationPlace {
  const label = LABELLED.exec(basename)?.groups;
  if (label) {
    // In hex digits `10` would come behind `a`.
    const key = BigInt(`0x${label["label"] ?? ""}`).toString();
    return { stream: "current", kind: "labelled", key, compressed: false, temporary: label["state"] === "t" };
  }
  const temporary =
    /\.(?:tmp|temp|part|partial|lock|compressing)(?:$|[.-])|~$/.test(basename) || RENAMED_CURRENT.includes(basename);
  const bare = basename.replace(/\.(?:gz|zst|zstd)$/, "");
  const compressed = bare !== basename;
  const shapes = [
    ["dated", DATED_INFIX],
    ["dated", DATED_SUFFIX],
    ["suffix", NUMBER_SUFFIX],
    ["infix", NUMBER_INFIX],
  ] as const;
  for (const [kind, shape] of shapes) {
    const groups = shape.exec(bare)?.groups;
    if (!groups) continue;
    const stream = `${groups["head"] ?? ""}${groups["tail"] ?? ""}`;
    return { stream, kind, key: groups["key"] ?? "", compressed, temporary };
  }
  return { stream: bare, kind: "plain", key: "", compressed, temporary };
}
