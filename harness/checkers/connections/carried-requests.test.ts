import { describe, expect, it } from "vitest";
import type { HeldRequest, LedgerRow, LoadRecord } from "../../spec/history.ts";
import { carried } from "./carried-requests.ts";
import { conversation, rawAnswer } from "../testing/conversation-fixture.ts";
import { action, requestLogOf, rowOf, snapshot } from "../testing/history-fixture.ts";
import { keptLoad, rowsAroundReload, soundReload } from "../testing/reload-fixture.ts";

describe("connections/post-not-lost", () => {
  const check = carried["connections/post-not-lost"];
  const posts = (change: (row: Partial<LedgerRow>, index: number) => Partial<LedgerRow> = (row) => row): LoadRecord =>
    keptLoad(
      rowsAroundReload((row, index) =>
        change({ ...row, method: "POST", reused: index >= 10, connection: index % 10 }, index),
      ),
    );
  const logOf = (load: LoadRecord, missing: readonly string[] = []) => {
    const received = { received: 1, answered: 1, records: 0, recordBytes: 0 };
    const ids = [...load.ledger.rows()].map(({ id }) => id).filter((id) => !missing.includes(id));
    return [snapshot({ requests: requestLogOf([], Object.fromEntries(ids.map((id) => [id, received]))) })];
  };
  const closed = posts((row, index) => ({ ...row, ...(index === 60 && { outcome: "closed-before-answer-reused" }) }));

  it("holds where each is answered, or failed and left no record", () => {
    expect(check(soundReload({ loads: [posts()], logs: logOf(posts()) }))).toMatchObject({
      outcome: "held",
      trials: 140,
    });
    expect(check(soundReload({ loads: [closed], logs: logOf(closed, ["r60"]) }))).toMatchObject({
      outcome: "held",
      observed: expect.stringContaining("1 failed and were not run"),
    });
  });

  it("is violated by one that was run and whose answer is lost", () => {
    expect(check(soundReload({ loads: [closed], logs: logOf(closed) }))).toMatchObject({
      outcome: "violated",
      violations: 1,
      evidence: [{ text: expect.stringContaining("POST r60") }],
    });
  });

  it("is violated as well if the server did not survive the reload", () => {
    const stale = posts((row, index) => ({
      ...row,
      ...(index > 55
        ? { outcome: "closed-before-answer-reused", generation: 0, worker: 0 }
        : { generation: 1, worker: 100 }),
    }));
    expect(check(soundReload({ loads: [stale], logs: logOf(stale) })).outcome).toBe("violated");
  });

  it("decides nothing without a log, or with one that lacks what was answered", () => {
    expect(check(soundReload({ loads: [posts()] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ loads: [closed], logs: logOf(closed, ["r60", "r70"]) }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("lacks 1 POSTs"),
    });
  });

  it("decides nothing without POSTs on reused connections, or without a reload", () => {
    expect(check(soundReload({ logs: logOf(keptLoad()) })).outcome).toBe("inconclusive");
    const single = posts((row) => ({ ...row, reused: false }));
    expect(check(soundReload({ loads: [single], logs: logOf(single) })).outcome).toBe("inconclusive");
    expect(check(soundReload({ loads: [posts()], logs: logOf(posts()), actions: [] })).outcome).toBe("inconclusive");
  });
});

describe("connections/buffered-requests-answered", () => {
  const check = carried["connections/buffered-requests-answered"];
  const sent = [
    { atMs: 900, text: "GET /hold HTTP/1.1\r\nx-hupspec-id: a\r\n\r\nGET / HTTP/1.1\r\nx-hupspec-id: b\r\n\r\n" },
  ];
  const pair = (text: string, atMs = 1_300) =>
    conversation({
      name: "pipelined-front",
      sent,
      received: text === "" ? [] : [{ atMs, text }],
      end: "fin",
      endedMs: 1_400,
    });
  const whole = rawAnswer({ id: "a" }) + rawAnswer({ id: "b" });

  it("holds where both are answered in order", () => {
    expect(check(soundReload({ observations: [pair(whole)] }))).toMatchObject({ outcome: "held", trials: 2 });
  });

  it.each([
    ["the second is dropped", rawAnswer({ id: "a", close: true }), 1],
    ["the second breaks off", whole.slice(0, -3), 1],
    ["they change places", rawAnswer({ id: "b" }) + rawAnswer({ id: "a" }), 2],
    ["neither is answered", "", 2],
  ])("is violated where %s", (_, text, violations) => {
    expect(check(soundReload({ observations: [pair(text)] }))).toMatchObject({ outcome: "violated", violations });
  });

  it("leaves out what was held for longer than the target drains, and cut then", () => {
    const cut = { ...pair(""), endedMs: 3_050 };
    const run = (drainMs: number) => check(soundReload({ observations: [pair(whole), cut], target: { drainMs } }));
    expect(run(2_000)).toMatchObject({ outcome: "held", trials: 2 });
    expect(run(3_000)).toMatchObject({ outcome: "violated", violations: 2, trials: 4 });
    // The drain began with the first reload.
    const actions = [action(), action({ index: 2, startedMs: 2_900, generation: 2 })];
    expect(check(soundReload({ observations: [pair(whole), cut], actions, target: { drainMs: 2_000 } })).outcome).toBe(
      "held",
    );
  });

  it("is violated by a second that is dropped at the end of the drain, long after the first was released", () => {
    const observations = [{ ...pair(rawAnswer({ id: "a" })), endedMs: 3_050 }];
    expect(check(soundReload({ observations, target: { drainMs: 2_000 } }))).toMatchObject({
      outcome: "violated",
      violations: 1,
      trials: 2,
    });
  });

  it("is violated by a connection that stays open without an answer", () => {
    const observations = [{ ...pair(""), end: "open" as const, endedMs: Number.NaN }];
    expect(check(soundReload({ observations, target: { drainMs: 0 } }))).toMatchObject({
      outcome: "violated",
      violations: 2,
    });
  });

  it("decides nothing if nothing waited when the reload came", () => {
    expect(check(soundReload()).outcome).toBe("inconclusive");
    expect(check(soundReload({ observations: [pair(whole, 950)] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ observations: [pair(whole)], actions: [] })).outcome).toBe("inconclusive");
  });
});

describe("connections/upload-whole-or-refused", () => {
  const check = carried["connections/upload-whole-or-refused"];
  const upload = (outcome: LedgerRow["outcome"], enteredMs = 910): HeldRequest => ({
    row: rowOf({ id: "up", method: "POST", intendedMs: 900, doneMs: 1_310, outcome }),
    door: "front",
    by: "upload",
    enteredMs,
    releasedMs: 1_300,
    action: 1,
  });

  it("holds where uploads arrive whole or are refused", () => {
    const held = [upload("ok"), upload("status-503"), upload("closed-before-answer-fresh", Number.NaN)];
    expect(check(soundReload({ held }))).toMatchObject({
      outcome: "held",
      trials: 3,
      observed: expect.stringContaining("1 whole, 2 refused"),
    });
  });

  it.each(["wrong-answer", "hung"] as const)("is violated by one that ends as %s", (outcome) => {
    expect(check(soundReload({ held: [upload("ok"), upload(outcome)] }))).toMatchObject({
      outcome: "violated",
      violations: 1,
    });
  });

  it("decides nothing without an upload across a reload that took effect", () => {
    expect(check(soundReload()).outcome).toBe("inconclusive");
    const actions = [action({ startedMs: 2_000 })];
    expect(check(soundReload({ held: [upload("ok")], actions })).outcome).toBe("inconclusive");
    const failed = [action({ error: "no such process" })];
    expect(check(soundReload({ held: [upload("wrong-answer")], actions: failed })).outcome).toBe("inconclusive");
  });
});
