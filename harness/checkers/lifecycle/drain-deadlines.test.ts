import { describe, expect, it } from "vitest";
import { drained, heldAcross, oldGoneAt } from "../testing/deadline-fixture.ts";
import { deadlines } from "./drain-deadlines.ts";
import { action } from "../testing/history-fixture.ts";

const cut = heldAcross({ outcome: "closed-before-answer-fresh", doneMs: 3_250 });
const withProcesses = (atMs: number) => ({ processes: { cpuSeconds: 1, peakPssBytes: 1, samples: oldGoneAt(atMs) } });

describe("lifecycle/drain-deadline-enforced", () => {
  const check = deadlines["lifecycle/drain-deadline-enforced"];

  it("holds where the stuck request is ended and the old worker gone in time", () => {
    expect(check(drained({ held: [cut] }))).toMatchObject({
      outcome: "held",
      trials: 2,
      observed: expect.stringContaining("gone 2100 ms after"),
    });
    expect(check(drained({ held: [cut], ...withProcesses(5_150) })).outcome).toBe("held");
  });

  it.each([5_500, 7_000])("is violated where the old worker is there until %d ms", (atMs) => {
    expect(check(drained({ held: [cut], ...withProcesses(atMs) }))).toMatchObject({
      outcome: "violated",
      violations: 1,
      evidence: [{ kind: "process", text: expect.stringContaining("pid 100 of generation 1") }],
    });
  });

  it("is violated where the stuck request lives on, and no process tells", () => {
    const answered = heldAcross({ outcome: "ok", doneMs: 5_510 });
    expect(check(drained({ held: [answered] }))).toMatchObject({ outcome: "violated", violations: 1 });
    // Through a proxy the answer may be another worker's.
    expect(check(drained({ held: [answered], target: { drainMs: 2_000, role: "stack" } })).outcome).toBe("held");
  });

  it("decides nothing if nothing was stuck, or nobody looked long enough", () => {
    expect(check(drained()).outcome).toBe("inconclusive");
    expect(check(drained({ held: [heldAcross({ doneMs: 2_010 }, { releasedMs: 2_000 })] })).outcome).toBe(
      "inconclusive",
    );
    // Nobody knows whom the reload had to replace: whoever is there may be old.
    const { observations } = drained();
    const newOnly = observations.filter((one) => one.kind === "exchange" && one.row.generation === 2);
    expect(check({ ...drained({ held: [cut], ...withProcesses(7_000) }), observations: newOnly })).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("before the reload"),
    });
    const samples = oldGoneAt(7_000).slice(0, 2);
    const processes = { cpuSeconds: 1, peakPssBytes: 1, samples };
    expect(check(drained({ held: [cut], processes })).outcome).toBe("inconclusive");
    expect(check(drained({ held: [cut], actions: [action({ servedMs: undefined })] })).outcome).toBe("inconclusive");
  });
});

describe("lifecycle/drain-cut-logged", () => {
  const check = deadlines["lifecycle/drain-cut-logged"];
  const look = (name: string, lines: readonly string[], atMs: number) =>
    ({ kind: "log-lines", name, atMs, lines }) as const;
  const before = look("before", ["started", "worker 1 timed out"], 950);

  it.each([
    '{"event":"drain-cut","msg":"worker 1: connections closed at the deadline"}',
    "[CRITICAL] WORKER TIMEOUT (pid:7)",
    "worker 1 (pid: 7) is taking too much time to die...NO MERCY !!!",
    "*3 open socket #5 left in connection 4",
  ])("holds with %s", (line) => {
    const observations = [before, look("after", [...before.lines, line], 5_500)];
    expect(check(drained({ held: [cut], observations })).outcome).toBe("held");
  });

  it("is violated where what is new says nothing of it", () => {
    const observations = [before, look("after", [...before.lines, "worker 1 exited", "reload done"], 5_500)];
    expect(check(drained({ held: [cut], observations }))).toMatchObject({
      outcome: "violated",
      observed: expect.stringContaining("2 lines of the server's own"),
    });
  });

  it("decides nothing if nothing was cut, or the log was not read", () => {
    const after = look("after", [...before.lines, "deadline"], 5_500);
    expect(check(drained({ observations: [before, after] })).outcome).toBe("inconclusive");
    expect(check(drained({ held: [cut], observations: [after] })).outcome).toBe("inconclusive");
  });
});

describe("lifecycle/not-cut-before-deadline", () => {
  const check = deadlines["lifecycle/not-cut-before-deadline"];
  const short = (outcome: "ok" | "closed-before-answer-fresh") =>
    heldAcross({ outcome, doneMs: 2_210 }, { releasedMs: 2_200 });

  it("holds where what is let go on in time is answered", () => {
    expect(check(drained({ held: [short("ok"), cut] }))).toMatchObject({
      outcome: "held",
      trials: 1,
      observed: expect.stringContaining("up to 1200 ms after the reload"),
    });
  });

  it("is violated where it is cut", () => {
    expect(check(drained({ held: [short("ok"), short("closed-before-answer-fresh")] }))).toMatchObject({
      outcome: "violated",
      violations: 1,
    });
  });

  it("decides nothing of one that was let go on in time and cut at the deadline", () => {
    const late = heldAcross({ outcome: "closed-before-answer-fresh", doneMs: 3_210 }, { releasedMs: 2_200 });
    expect(check(drained({ held: [short("ok"), late] })).outcome).toBe("inconclusive");
  });

  it("decides nothing if all was longer than the drain, or no reload served", () => {
    expect(check(drained({ held: [cut] })).outcome).toBe("inconclusive");
    expect(check(drained({ held: [short("ok")], actions: [] })).outcome).toBe("inconclusive");
  });
});
