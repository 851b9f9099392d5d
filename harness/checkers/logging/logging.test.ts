import { describe, expect, test } from "vitest";
import type { LoadRecord } from "../../spec/history.ts";
import type { Finding } from "../../spec/verdict.ts";
import {
  burst,
  history,
  load,
  logFile,
  requestLogOf,
  rowOf,
  snapshot,
  stop,
  writer,
  type HistoryParts,
  type SnapshotParts,
} from "../testing/history-fixture.ts";
import { logging } from "./logging.ts";

const check = (rule: keyof typeof logging, parts: HistoryParts): Finding => logging[rule](history(parts));
const text = (finding: Finding): string => JSON.stringify(finding);

/** One burst of 20 requests for 50 records, and the log after it. */
function afterBurst(changes: SnapshotParts = {}, bytes = 200): HistoryParts {
  const asked = burst("mixed", { requests: 20, records: 50, bytes });
  return {
    bursts: [asked],
    loads: [answers(["mixed-0", "mixed-1", "mixed-2"])],
    logs: [snapshot({ name: "mixed", requests: requestLogOf([asked]), ...changes })],
  };
}

/** Good answers of both workers of the target. */
function answers(ids: readonly string[]): LoadRecord {
  return load(ids.map((id, index) => ({ id, worker: 100 + (index % 2) })));
}

const gone = (bytes = 200): SnapshotParts => ({
  requests: requestLogOf([burst("mixed", { requests: 20, records: 50, bytes })], {
    "mixed-3": { records: 48, recordBytes: 48 * bytes },
  }),
});

test("a run in which nothing was logged decides nothing", () => {
  for (const rule of Object.values(logging)) {
    expect(rule(history()).outcome).toBe("inconclusive");
    expect(rule(history({ logs: [snapshot({ writers: [], files: [] })] })).outcome).toBe("inconclusive");
  }
});

describe("logging/every-record-once", () => {
  const rule = "logging/every-record-once";

  test("holds for a sound log", () => {
    expect(check(rule, afterBurst())).toMatchObject({ outcome: "held", trials: 2_000 });
  });

  test("sees a gap, with writer, numbers and place", () => {
    const writers = [writer({ missing: [7, 8], missingCount: 2, gapAt: { file: "app.log.3", offset: 1_234 } })];
    const finding = check(rule, afterBurst({ writers }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 2 });
    expect(text(finding)).toMatch(
      /writer w1 \(pid 100, generation 1\): 2 missing .*seq 7, 8, gap before app.log.3 at byte 1234/,
    );
  });

  test("sees a repeat", () => {
    const writers = [writer({ repeated: [5], repeatedCount: 1, repeatAt: { file: "app.log", offset: 9 } })];
    expect(text(check(rule, afterBurst({ writers })))).toMatch(/1 repeated: seq 5, second copy in app.log at byte 9/);
  });

  test("sees records missing at the end of a sequence, by what was asked for", () => {
    expect(check(rule, afterBurst(gone()))).toMatchObject({ outcome: "violated", violations: 2 });
  });

  test("sees a missing beginning where no backup was given up, and only there", () => {
    const writers = [writer({ first: 40, records: 960 })];
    const logLimits = { maxBytes: 1_000_000, backups: 3 };
    const files = (backups: number): SnapshotParts => ({
      writers,
      files: [logFile(), ...Array.from({ length: backups }, (_, index) => logFile({ name: `app.log.${index + 1}` }))],
    });
    expect(check(rule, { ...afterBurst(files(2)), target: { logLimits } })).toMatchObject({ violations: 40 });
    expect(check(rule, { ...afterBurst(files(3)), target: { logLimits } }).outcome).toBe("held");
    expect(check(rule, afterBurst(files(3))).outcome).toBe("held");
  });

  test("asks nothing of a request that was not answered", () => {
    const loads = [answers(["mixed-0", "mixed-1"]), load([{ id: "mixed-3", outcome: "reset-before-answer-fresh" }])];
    expect(check(rule, { ...afterBurst(gone()), loads }).outcome).toBe("held");
  });

  test("does not decide on a burst that the log had no room for", () => {
    const parts = { ...afterBurst(gone()), target: { logLimits: { maxBytes: 1_000, backups: 0 } } };
    expect(check(rule, parts)).toEqual({
      outcome: "inconclusive",
      reason: expect.stringContaining("sure to keep 1000"),
    });
  });

  test("counts a gap once, though two snapshots show it", () => {
    const { bursts = [], logs = [] } = afterBurst({ writers: [writer({ missing: [7], missingCount: 1 })] });
    const later = snapshot({ name: "later", writers: [writer({ last: 2_000, missing: [7], missingCount: 1 })] });
    expect(check(rule, { bursts, logs: [...logs, later] })).toMatchObject({ violations: 1 });
  });

  test("decides nothing if no burst was answered", () => {
    const asked = burst("mixed", { requests: 1, records: 5, bytes: 200 });
    const loads = [load([{ id: "mixed-0", outcome: "refused" }])];
    expect(check(rule, { bursts: [asked], loads, logs: [snapshot({ name: "mixed" })] }).outcome).toBe("inconclusive");
  });

  test("counts records too short for an id by their number", () => {
    const short = (anonymousRecords: number): SnapshotParts => ({ requests: requestLogOf([]), anonymousRecords });
    expect(check(rule, afterBurst(short(1_000), 100)).outcome).toBe("held");
    expect(check(rule, afterBurst(short(990), 100))).toMatchObject({ outcome: "violated", violations: 10 });
    expect(check(rule, afterBurst(short(1_000), 4_096))).toMatchObject({ outcome: "violated", violations: 1_000 });
  });

  test("quotes what the log says of drops", () => {
    const damage = [{ kind: "counted-drop", excerpt: "2 dropped" }] as const;
    const finding = check(rule, afterBurst({ ...gone(), damage, droppedRecords: 2 }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 2 });
    expect(text(finding)).toContain("2 records were dropped");
  });
});

describe.each(["logging/every-record-once", "logging/no-interleaving"] as const)("%s", (rule) => {
  const fewer = { ...afterBurst(), target: { workers: 3 } };

  test("decides nothing if not all workers wrote at the time of the burst", () => {
    const finding = check(rule, fewer);
    expect(finding).toEqual({ outcome: "inconclusive", reason: expect.stringMatching(/3 workers .* 2 did/) });
    const later = load([{ id: "x", worker: 102, intendedMs: 6_000 }]);
    expect(check(rule, { ...fewer, loads: [...(fewer.loads ?? []), later] }).outcome).toBe("inconclusive");
    const meanwhile = load([{ id: "x", worker: 102, intendedMs: 4_000 }]);
    expect(check(rule, { ...fewer, loads: [...(fewer.loads ?? []), meanwhile] }).outcome).toBe("held");
  });

  test("a fault counts however few wrote", () => {
    const damage = [{ kind: "interleaved" }] as const;
    const broken = afterBurst({
      damage,
      writers: [writer({ missing: [7], missingCount: 1 }), writer({ writer: "w2" })],
    });
    expect(check(rule, { ...broken, target: { workers: 3 } }).outcome).toBe("violated");
  });
});

describe("logging/no-interleaving", () => {
  const rule = "logging/no-interleaving";

  test("holds for a log of several writers, banners included", () => {
    expect(check(rule, afterBurst({ damage: [{ kind: "not-a-record" }] }))).toMatchObject({ outcome: "held" });
  });

  test.each(["interleaved", "bad-sum", "torn"] as const)("sees a line that is %s", (kind) => {
    const finding = check(rule, afterBurst({ damage: [{ kind, offset: 77, excerpt: "mixed {up" }] }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 1 });
    expect(text(finding)).toContain(`app.log at byte 77: ${kind}: mixed {up`);
  });

  test("counts a line once, wherever a rotation has put it, and those beyond the listed ones", () => {
    const [before] = afterBurst({ damage: [{ kind: "interleaved", offset: 5 }] }).logs ?? [];
    const after = snapshot({ damage: [{ kind: "interleaved", offset: 5, file: "app.log.1" }] });
    const more = { ...after, damageCount: { ...after.damageCount, interleaved: 31 } };
    expect(check(rule, { logs: before ? [before, more] : [] })).toMatchObject({ outcome: "violated", violations: 31 });
  });

  test("leaves the edges of files and broken characters to other rules", () => {
    const damage = [
      { kind: "torn", edge: "start" },
      { kind: "bad-sum", encoding: true },
    ] as const;
    expect(check(rule, afterBurst({ damage })).outcome).toBe("held");
  });

  test("needs two writers", () => {
    expect(check(rule, afterBurst({ writers: [writer()] })).outcome).toBe("inconclusive");
  });
});

describe("logging/long-record-whole", () => {
  const rule = "logging/long-record-whole";
  const long = 64 * 1024 + 1;

  test("holds if all long records are there at their length", () => {
    expect(check(rule, afterBurst({}, long))).toMatchObject({ outcome: "held", trials: 1_000 });
  });

  test("sees one that is missing, and one that was cut but sealed anew", () => {
    expect(check(rule, afterBurst(gone(long), long))).toMatchObject({ outcome: "violated", violations: 2 });
    const asked = burst("mixed", { requests: 20, records: 50, bytes: long });
    const requests = requestLogOf([asked], { "mixed-0": { recordBytes: 49 * long + 4_096 } });
    expect(check(rule, afterBurst({ requests }, long))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  test("needs a record that is longer than 64 KiB", () => {
    expect(check(rule, afterBurst({}, 64 * 1024)).outcome).toBe("inconclusive");
  });
});

describe("logging/multibyte-intact", () => {
  const rule = "logging/multibyte-intact";

  test("holds, breaks and needs text beyond ASCII", () => {
    expect(check(rule, afterBurst({ multibyteRecords: 500 }))).toMatchObject({ outcome: "held", trials: 500 });
    const damage = [{ kind: "bad-sum", encoding: true, excerpt: "gr\uFFFD\uFFFDn" }] as const;
    const broken = check(rule, afterBurst({ multibyteRecords: 500, damage }));
    expect(broken).toMatchObject({ outcome: "violated", violations: 1 });
    expect(text(broken)).toContain("gr\uFFFD\uFFFDn");
    expect(check(rule, afterBurst()).outcome).toBe("inconclusive");
  });
});

describe("logging/shutdown-output-kept", () => {
  const rule = "logging/shutdown-output-kept";
  const asked = burst("last", { requests: 4, records: 10, bytes: 200 });
  const rows = [{ id: "a" }, { id: "b", intendedMs: 8_010 }, { id: "c", outcome: "refused" }] as const;
  const once = { received: 1, answered: 1 };
  function stopped(changes: Parameters<typeof requestLogOf>[1] = {}, parts: SnapshotParts = {}): HistoryParts {
    const requests = requestLogOf([asked], { a: once, b: once, ...changes });
    return {
      stop: stop(),
      bursts: [asked],
      loads: [load(rows)],
      logs: [snapshot({ name: "after-stop", requests, ...parts })],
    };
  }

  test("holds if everything answered and asked for is there", () => {
    expect(check(rule, stopped())).toMatchObject({ outcome: "held", trials: 42 });
  });

  test("sees the last answer's record missing", () => {
    const finding = check(rule, stopped({ b: { received: 1, answered: 0 } }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 1 });
    expect(text(finding)).toContain("request b (ok from pid 100, generation 1): 1 received, 0 answered");
  });

  test("sees the end of a burst missing, and a last line cut", () => {
    expect(check(rule, stopped({ "last-3": { records: 4 } }))).toMatchObject({ violations: 6 });
    expect(check(rule, stopped({}, { damage: [{ kind: "torn", edge: "end" }] }))).toMatchObject({ violations: 1 });
  });

  test("leaves what an earlier look had already missed to other rules", () => {
    const after = stopped({ a: undefined, "last-3": { records: 4 } }, { atMs: 9_000 });
    const earlier = snapshot({ name: "burst", atMs: 7_000 });
    expect(check(rule, { ...after, logs: [earlier, ...(after.logs ?? [])] })).toMatchObject({
      outcome: "held",
      trials: 1,
    });
    const late = stopped({ b: undefined }, { atMs: 9_000 });
    expect(check(rule, { ...late, logs: [earlier, ...(late.logs ?? [])] })).toMatchObject({ violations: 1 });
  });

  test("needs something that was answered or written while it stopped", () => {
    const early = [load([{ id: "a" }, { id: "b", intendedMs: 7_500 }])];
    expect(check(rule, { ...stopped(), loads: early }).outcome).toBe("inconclusive");
    expect(check(rule, { ...stopped({ b: undefined }), loads: early }).outcome).toBe("violated");
  });

  test("needs a stop that the target took, and the log after it", () => {
    expect(check(rule, { ...stopped(), stop: stop({ killed: true }) }).outcome).toBe("inconclusive");
    expect(check(rule, { ...stopped(), logs: [snapshot()] }).outcome).toBe("inconclusive");
  });
});

describe("logging/ids-reconcile", () => {
  const rule = "logging/ids-reconcile";
  const once = { received: 1, answered: 1 };
  const rows = [{ id: "a" }, { id: "b" }, { id: "c", outcome: "reset-before-answer-reused" }] as const;
  function reconciled(changes: Parameters<typeof requestLogOf>[1], parts: SnapshotParts = {}): HistoryParts {
    const held = [{ row: rowOf({ id: "h" }), door: "front", enteredMs: 1, releasedMs: 2, action: 0 }] as const;
    const requests = requestLogOf([], { a: once, b: once, h: once, ...changes });
    return { loads: [load(rows)], held, logs: [snapshot({ requests, ...parts })] };
  }

  test("holds if every answered request is there once, executed ones without an answer included", () => {
    expect(check(rule, reconciled({}))).toMatchObject({ outcome: "held", trials: 4 });
    expect(check(rule, reconciled({ c: { received: 1, answered: 1 } })).outcome).toBe("held");
  });

  test.each([
    ["an answered one is missing", { b: undefined }],
    ["one was answered twice", { b: { received: 2, answered: 2 } }],
    ["an answer has no record of its own", { b: { received: 1, answered: 0 } }],
    ["a held one is missing", { h: undefined }],
    ["an unanswered one ran twice", { c: { received: 2, answered: 0 } }],
  ])("sees that %s", (_name, changes) => {
    expect(check(rule, reconciled(changes))).toMatchObject({ outcome: "violated", violations: 1, trials: 4 });
  });

  test("does not take for lost what may have been rotated away", () => {
    const parts = { target: { logLimits: { maxBytes: 1_000, backups: 1 } } };
    const files = [logFile({ name: "app.log.1" }), logFile()];
    expect(check(rule, { ...reconciled({ b: undefined }, { files }), ...parts }).outcome).toBe("inconclusive");
  });

  test("leaves out what was sent after the log was read", () => {
    const finding = check(rule, { ...reconciled({}), loads: [load([...rows, { id: "late", intendedMs: 9_500 }])] });
    expect(finding).toMatchObject({ outcome: "held", trials: 4 });
  });

  test("leaves out what was answered after the log was read only", () => {
    const late = { id: "late", intendedMs: 8_900, doneMs: 9_100 };
    const finding = check(rule, { ...reconciled({}), loads: [load([...rows, late])] });
    expect(finding).toMatchObject({ outcome: "held", trials: 4 });
  });
});
