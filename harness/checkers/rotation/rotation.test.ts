import { describe, expect, test } from "vitest";
import type { Finding } from "../../spec/verdict.ts";
import {
  action,
  burst,
  history,
  logFile,
  requestLogOf,
  rotatedFiles,
  snapshot,
  writer,
  type HistoryParts,
  type SnapshotParts,
} from "../testing/history-fixture.ts";
import { rotation } from "./rotation.ts";

const check = (rule: keyof typeof rotation, parts: HistoryParts): Finding => rotation[rule](history(parts));
const text = (finding: Finding): string => JSON.stringify(finding);

const asked = burst("plain", { requests: 100, records: 2_000, bytes: 200 });
const logLimits = { maxBytes: 10_000_000, backups: 12 };

/** 200,000 records in a live file and twelve backups, begun every 100 ms. */
function rotated(changes: SnapshotParts = {}, parts: HistoryParts = {}): HistoryParts {
  const log = snapshot({ name: "plain", files: rotatedFiles(12), requests: requestLogOf([asked]), ...changes });
  return { target: { logLimits, capabilities: ["rotation", "compression"] }, bursts: [asked], logs: [log], ...parts };
}

const lost = { requests: requestLogOf([asked], { "plain-5": { records: 1_990 } }) };

test("a run without a rotation decides nothing", () => {
  for (const rule of Object.values(rotation)) {
    expect(rule(history({ target: { logLimits, capabilities: ["compression"] } })).outcome).toBe("inconclusive");
    const unrotated = rotated({ files: [logFile()] }, { actions: [action()] });
    expect(rule(history(unrotated)).outcome).toBe("inconclusive");
  }
});

describe("rotation/mid-burst-loses-nothing", () => {
  const rule = "rotation/mid-burst-loses-nothing";

  test("holds if every record is there after at least ten rotations", () => {
    const finding = check(rule, rotated());
    expect(finding).toMatchObject({ outcome: "held", trials: 200_000 });
    expect(text(finding)).toContain("200000 of 200000 records in 13 files, 12 rotations");
  });

  test("sees records lost, repeated, or missing in a sequence", () => {
    expect(check(rule, rotated(lost))).toMatchObject({ outcome: "violated", violations: 10 });
    const requests = requestLogOf([asked], { "plain-5": { records: 2_001 } });
    expect(check(rule, rotated({ requests }))).toMatchObject({ outcome: "violated", violations: 1 });
    const writers = [writer({ missing: [9], missingCount: 1 })];
    expect(check(rule, rotated({ writers }))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  test("sees a loss even if there were few rotations, but proves nothing with few", () => {
    const files = rotatedFiles(2);
    expect(check(rule, rotated({ ...lost, files }))).toMatchObject({ outcome: "violated" });
    expect(check(rule, rotated({ files }))).toEqual({
      outcome: "inconclusive",
      reason: expect.stringContaining("found 2"),
    });
  });

  test("counts rotations within the burst only", () => {
    const early = burst("plain", { requests: 100, records: 2_000, bytes: 200, startedMs: 0, endedMs: 300 });
    expect(check(rule, rotated({}, { bursts: [early] })).outcome).toBe("inconclusive");
  });

  test("does not decide on a burst that the log had no room for", () => {
    const target = { logLimits: { maxBytes: 1_000_000, backups: 12 } };
    expect(check(rule, rotated(lost, { target }))).toMatchObject({ outcome: "inconclusive" });
  });
});

describe("rotation/record-boundaries", () => {
  const rule = "rotation/record-boundaries";

  test("holds if both ends of each file are whole", () => {
    expect(check(rule, rotated())).toMatchObject({ outcome: "held", trials: 26 });
  });

  test("sees a file that starts or ends within a record", () => {
    const files = [
      logFile({ name: "app.log.1", endsAtBoundary: false }),
      logFile({ name: "app.log", startsAtBoundary: false }),
    ];
    const damage = [{ kind: "torn", file: "app.log.1", offset: 900, edge: "end", excerpt: '{"time"' }] as const;
    const finding = check(rule, rotated({ files, damage }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 2, trials: 4 });
    expect(text(finding)).toContain("app.log.1 at byte 900 (its end): torn");
    expect(text(finding)).toContain("app.log does not start at a record boundary");
  });
});

describe("rotation/size-and-count", () => {
  const rule = "rotation/size-and-count";

  test("holds within the limits, once the number of backups was reached", () => {
    expect(check(rule, rotated())).toMatchObject({ outcome: "held", trials: 13 });
    expect(check(rule, rotated({ files: rotatedFiles(11) })).outcome).toBe("inconclusive");
  });

  test("sees a backup too many and a file too big, but lets a single long record be", () => {
    expect(check(rule, rotated({ files: rotatedFiles(14) }))).toMatchObject({ outcome: "violated", violations: 2 });
    const big = { name: "app.log.3", bytes: 10_000_001 };
    const finding = check(rule, rotated({ files: [...rotatedFiles(11), logFile(big)] }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 1 });
    expect(text(finding)).toContain("app.log.3: 10000001 bytes, limit 10000000");
    const single = logFile({ ...big, records: 1 });
    expect(check(rule, rotated({ files: [...rotatedFiles(11), single] })).outcome).toBe("held");
  });

  test("counts each stream by itself", () => {
    const files = [...rotatedFiles(12), ...rotatedFiles(12, 100, { stream: "error.log" })];
    expect(check(rule, rotated({ files })).outcome).toBe("held");
  });

  test("a limit of none holds if the log forgot its beginning and kept no backup", () => {
    const target = { logLimits: { maxBytes: 10_000, backups: 0 } };
    const forgotten = { files: [logFile()], writers: [writer({ first: 10 })] };
    expect(check(rule, rotated(forgotten, { target })).outcome).toBe("held");
    expect(check(rule, rotated({ files: rotatedFiles(1) }, { target }))).toMatchObject({ outcome: "violated" });
  });

  test("needs declared limits", () => {
    expect(check(rule, rotated({}, { target: {} })).outcome).toBe("unsupported");
  });
});

describe("rotation/compression-safe", () => {
  const rule = "rotation/compression-safe";
  const packed = rotatedFiles(12).map((file) => (file.live ? file : { ...file, compression: "gzip" as const }));

  test("holds if the backups unpack to the stream", () => {
    expect(check(rule, rotated({ files: packed }))).toMatchObject({ outcome: "held", trials: 12 });
  });

  test("sees a backup that does not unpack, damage within one, and a loss", () => {
    const files = packed.map((file, index) => (index === 4 ? { ...file, unpackError: "unexpected end" } : file));
    const finding = check(rule, rotated({ files }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 1 });
    expect(text(finding)).toContain("app.log.8 can't be unpacked: unexpected end");
    const damage = [{ kind: "torn", file: "app.log.2" }] as const;
    expect(check(rule, rotated({ files: packed, damage }))).toMatchObject({ outcome: "violated", violations: 1 });
    expect(check(rule, rotated({ files: packed, ...lost }))).toMatchObject({ outcome: "violated", violations: 10 });
  });

  test("needs compression, declared and done", () => {
    expect(check(rule, rotated({ files: packed }, { target: { logLimits } })).outcome).toBe("unsupported");
    expect(check(rule, rotated()).outcome).toBe("inconclusive");
  });
});

describe("rotation/during-reload", () => {
  const rule = "rotation/during-reload";
  const reload = action({ startedMs: 400, settledMs: 900 });

  test("holds if files were rotated while a reload went through a burst", () => {
    expect(check(rule, rotated({}, { actions: [reload] }))).toMatchObject({ outcome: "held", trials: 8 });
  });

  test("sees a loss, and a reload that never settles", () => {
    expect(check(rule, rotated(lost, { actions: [reload] }))).toMatchObject({ outcome: "violated", violations: 10 });
    const stuck = action({ startedMs: 400, settledMs: undefined });
    expect(check(rule, rotated({}, { actions: [stuck] }))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  test("needs a reload in the burst, and a rotation in the reload", () => {
    expect(check(rule, rotated()).outcome).toBe("inconclusive");
    expect(check(rule, rotated({}, { actions: [action({ startedMs: 7_000 })] })).outcome).toBe("inconclusive");
    const quiet = action({ startedMs: 2_000, settledMs: 2_500 });
    expect(check(rule, rotated({}, { actions: [quiet] })).outcome).toBe("inconclusive");
    expect(check(rule, rotated({}, { actions: [{ ...reload, error: "no such process" }] })).outcome).toBe(
      "inconclusive",
    );
  });
});
