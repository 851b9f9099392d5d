import { describe, expect, test } from "vitest";
import type { Observation, Tampering } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import { action, burst, history, load, requestLogOf, snapshot, type HistoryParts } from "../testing/history-fixture.ts";
import { logFiles } from "./log-files.ts";

const LIVE = "/logs/app.log";
const MOVED = "/logs/app.log-20261122.1";
const size = { requests: 10, records: 100, bytes: 400 };

const check = (rule: keyof typeof logFiles, parts: HistoryParts): Finding => logFiles[rule](history(parts));

function tampering(name: string, what: Tampering["what"], facts: Partial<Tampering> = {}): Tampering {
  const files = [{ path: LIVE, inode: 1, to: MOVED, gapMs: 0.5 }];
  return { kind: "tampering", name, what, startedMs: 1_000, endedMs: 1_001, files, ...facts };
}

function look(name: string, path: string, inode: number, bytes: number, leadingZeros = 0): Observation {
  const facts = { type: "file", mode: 0o640, uid: 0, gid: 0, inode, bytes, leadingZeros } as const;
  return { kind: "file", name, path, atMs: 2_000, facts };
}

/** Bursts with the log as it stood after each, and a ledger of good answers. */
function written(names: readonly string[], lost: Readonly<Record<string, number>> = {}): HistoryParts {
  const bursts = names.map((name) => burst(name, { ...size, startedMs: 900, endedMs: 1_500 }));
  const changes = Object.fromEntries(Object.entries(lost).map(([id, count]) => [id, { records: 100 - count }]));
  const logs = names.map((name) => snapshot({ name, requests: requestLogOf(bursts, changes) }));
  const rows = bursts.flatMap(({ requests }) => requests.map(({ id }) => ({ id, intendedMs: 1_100 })));
  return { bursts, logs, loads: [load(rows)] };
}

test("a run in which nobody touched the log decides nothing, nor does one in which that failed", () => {
  for (const rule of Object.values(logFiles)) {
    expect(rule(history()).outcome).toBe("inconclusive");
    const names = ["moved", "file-deleted", "truncated"];
    const failed = names.map((name) => tampering(name, "moved", { error: "EPERM" }));
    expect(rule(history({ observations: failed }))).toEqual({
      outcome: "inconclusive",
      reason: expect.stringContaining("EPERM"),
    });
  }
});

test("whose log never came back from a full disk is not blamed for the same death again", () => {
  const waited = (name: string, cameTrue: boolean): Observation => {
    return { kind: "wait", name, startedMs: 500, endedMs: 900, cameTrue };
  };
  const names = ["truncated", "file-deleted-after"];
  const dead = written(names, { "truncated-0": 100, "file-deleted-after-1": 100 });
  const after = [
    tampering("truncated", "copied-and-truncated"),
    tampering("file-deleted", "removed"),
    waited("file-deleted-itself", false),
  ];
  for (const rule of ["rotation/copytruncate", "rotation/deleted-file-recovers"] as const) {
    expect(check(rule, { ...dead, observations: [waited("room-again", false), ...after] })).toEqual({
      outcome: "inconclusive",
      reason: expect.stringContaining("nothing was logged any more since the disk was full"),
    });
    const alive = check(rule, { ...dead, observations: [waited("room-again", true), ...after] });
    expect(alive.outcome).toBe(rule === "rotation/copytruncate" ? "observed" : "violated");
  }
});

describe("rotation/all-writers-follow", () => {
  const rule = "rotation/all-writers-follow";
  const open = (name: string, inode: number): Observation => {
    const open = [{ pid: 7, descriptor: 3, path: LIVE, inode }];
    return { kind: "open-files", name, atMs: 2_000, open };
  };
  const observations = [
    open("before", 1),
    tampering("moved", "moved"),
    look("reopened", MOVED, 1, 500),
    look("end", MOVED, 1, 500),
    look("end", LIVE, 2, 900),
    open("end", 2),
  ];
  const actions = [action({ kind: "reopen", startedMs: 1_002 })];
  const followed = { ...written(["moved", "followed"]), actions, observations };

  test("holds if nobody has the renamed file open and nothing is missing", () => {
    expect(check(rule, followed)).toMatchObject({ outcome: "held", trials: 2_000 });
  });

  test("sees a writer that still has the renamed file open", () => {
    const finding = check(rule, { ...followed, observations: [...observations, open("end", 1)] });
    expect(finding).toMatchObject({ outcome: "violated", violations: 1 });
    expect(JSON.stringify(finding)).toContain("process 7 still has the renamed file open for writing: descriptor 3");
  });

  test("sees what was written to the renamed file, and that there is no new one", () => {
    const late = observations.map((one) => (one === observations[3] ? look("end", MOVED, 1, 700) : one));
    expect(JSON.stringify(check(rule, { ...followed, observations: late }))).toContain("200 bytes were still written");
    const missing = observations.filter((one) => one !== observations[4]);
    expect(JSON.stringify(check(rule, { ...followed, observations: missing }))).toContain(`no new file at ${LIVE}`);
  });

  test("sees lost records", () => {
    const lossy = { ...followed, ...written(["moved", "followed"], { "followed-3": 4 }) };
    expect(check(rule, lossy)).toMatchObject({ outcome: "violated", violations: 4 });
  });

  test("what the log has no room for is not lost, and a pause of the suite is not the target's", () => {
    const target = { logLimits: { maxBytes: 100_000, backups: 3 } };
    const lossy = { ...followed, ...written(["moved", "followed"], { "moved-3": 4 }), target };
    expect(check(rule, lossy)).toEqual({
      outcome: "inconclusive",
      reason: expect.stringContaining("keep 300000 only"),
    });
    const waited = { kind: "wait", name: "followed", startedMs: 1_100, endedMs: 6_200, cameTrue: false } as const;
    const stuck = { ...followed, observations: [...observations, open("end", 1), waited] };
    expect(check(rule, stuck)).toMatchObject({ outcome: "violated", violations: 1 });
    expect(check(rule, { ...stuck, pauses: [{ fromMs: 1_200, toMs: 6_000 }] })).toEqual({
      outcome: "inconclusive",
      reason: expect.stringContaining("the suite itself did not get to run for 4800 ms"),
    });
  });

  test("decides nothing without a reopen, or with one that failed", () => {
    expect(check(rule, { ...followed, actions: [] }).outcome).toBe("inconclusive");
    expect(check(rule, { ...followed, actions: [action({ kind: "reopen", error: "no" })] }).outcome).toBe(
      "inconclusive",
    );
  });
});

describe("rotation/deleted-file-recovers", () => {
  const rule = "rotation/deleted-file-recovers";
  const waited = (name: string, cameTrue = true): Observation => {
    return { kind: "wait", name, startedMs: 1_100, endedMs: 1_400, cameTrue };
  };
  const file = tampering("file-deleted", "removed");
  const folder = tampering("folder-deleted", "folder-removed");
  const back = [file, waited("file-deleted-itself"), folder, waited("folder-deleted-itself")];
  const parts = written(["file-deleted-after", "folder-deleted-after"]);

  test("holds if the log came back by itself, or when it was told to reopen", () => {
    const finding = check(rule, { ...parts, observations: back });
    expect(finding).toMatchObject({ outcome: "held", trials: 2_000 });
    expect(JSON.stringify(finding)).toContain("file-deleted: back after 400 ms, by itself");
    const late = [file, waited("file-deleted-itself", false), waited("file-deleted-told-to-reopen"), ...back.slice(2)];
    const actions = [action({ kind: "reopen", startedMs: 1_200 }), action({ kind: "rotate", startedMs: 9_000 })];
    expect(JSON.stringify(check(rule, { ...parts, actions, observations: late }))).toContain("400 ms, after reopen;");
  });

  test("holds if the log came back with its next file only", () => {
    const late = [file, waited("file-deleted-itself", false), waited("file-deleted-next-file"), ...back.slice(2)];
    expect(check(rule, { ...parts, observations: late }).outcome).toBe("held");
  });

  test("sees a log that never came back, and later records that are lost", () => {
    const never = [...back.slice(0, 3), waited("folder-deleted-itself", false)];
    expect(check(rule, { ...parts, observations: never })).toMatchObject({ outcome: "violated", violations: 1 });
    const lossy = written(["file-deleted-after", "folder-deleted-after"], { "file-deleted-after-1": 100 });
    expect(check(rule, { ...lossy, observations: back })).toMatchObject({ outcome: "violated", violations: 100 });
  });

  test("what the log has no room for is not lost, and a pause of the suite is not the target's", () => {
    const target = { logLimits: { maxBytes: 100_000, backups: 3 } };
    const lossy = written(["file-deleted-after", "folder-deleted-after"], { "file-deleted-after-1": 100 });
    expect(check(rule, { ...lossy, target, observations: back })).toEqual({
      outcome: "inconclusive",
      reason: expect.stringContaining("keep 300000 only"),
    });
    const never = {
      kind: "wait",
      name: "folder-deleted-itself",
      startedMs: 1_100,
      endedMs: 6_200,
      cameTrue: false,
    } as const;
    const stuck = { ...parts, observations: [...back.slice(0, 3), never] };
    expect(check(rule, stuck)).toMatchObject({ outcome: "violated", violations: 1 });
    expect(check(rule, { ...stuck, pauses: [{ fromMs: 1_200, toMs: 6_000 }] })).toEqual({
      outcome: "inconclusive",
      reason: expect.stringContaining("the suite itself did not get to run for 4800 ms"),
    });
  });

  test("sees requests that are no longer answered", () => {
    const loads = [load([{ intendedMs: 1_100, outcome: "refused" }])];
    const finding = check(rule, { ...parts, loads, observations: back });
    expect(finding.outcome).toBe("violated");
    expect(JSON.stringify(finding)).toContain("ended as refused");
  });

  test("judges the file alone where the folder can't be deleted, and says so", () => {
    const alone = [
      file,
      waited("file-deleted-itself"),
      tampering("folder-deleted", "folder-removed", { error: "busy" }),
    ];
    expect(check(rule, { ...parts, observations: alone })).toMatchObject({
      outcome: "held",
      trials: 1_000,
      observed: expect.stringContaining("left alone: busy"),
    });
  });

  test("decides nothing if nothing was written afterwards", () => {
    expect(check(rule, { observations: back }).outcome).toBe("inconclusive");
  });
});

describe("rotation/copytruncate", () => {
  const rule = "rotation/copytruncate";
  const observations = [tampering("truncated", "copied-and-truncated"), look("truncated", LIVE, 1, 900, 512)];

  test("tells what was lost and does not judge", () => {
    const finding = check(rule, { ...written(["truncated"], { "truncated-2": 7 }), observations });
    expect(finding).toEqual({
      outcome: "observed",
      trials: 1_000,
      observed:
        "7 of 1000 records lost in a gap of 0.50 ms between copy and truncation; 512 zero bytes at the beginning of the file, 0 damaged lines",
    });
  });

  test("tells nothing of a burst that the log has no room for", () => {
    const target = { logLimits: { maxBytes: 100_000, backups: 3 } };
    expect(check(rule, { ...written(["truncated"]), target, observations }).outcome).toBe("inconclusive");
  });

  test("tells nothing of a burst that was over before", () => {
    const late = [tampering("truncated", "copied-and-truncated", { endedMs: 1_600 })];
    expect(check(rule, { ...written(["truncated"]), observations: late }).outcome).toBe("inconclusive");
  });
});
