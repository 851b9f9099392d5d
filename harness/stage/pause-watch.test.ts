import { expect, test } from "vitest";
import { waitUntil } from "../process/wait-until.ts";
import { watchPauses } from "./pause-watch.ts";

const BLOCKED_MS = 300;
const cell = new Int32Array(new SharedArrayBuffer(4));

test("tells when the event loop stood still, and for how long", async () => {
  using watch = watchPauses(() => performance.now());
  const fromMs = performance.now();
  Atomics.wait(cell, 0, 0, BLOCKED_MS);
  const toMs = performance.now();
  await waitUntil(() => watch.pauses.length > 0, 10_000);
  const seen = watch.pauses.find((pause) => pause.toMs >= toMs);
  expect(seen?.fromMs).toBeGreaterThanOrEqual(fromMs);
  expect(seen?.toMs).toBeGreaterThanOrEqual(toMs);
  // The tick that was missed was due up to 20 ms after the beginning.
  expect((seen?.toMs ?? 0) - (seen?.fromMs ?? 0)).toBeGreaterThan(BLOCKED_MS - 100);
});

test("goes by the clock that it is given, and tells nothing of ticks that come in time", async () => {
  let now = 0;
  let ticks = 0;
  using watch = watchPauses(() => {
    ticks++;
    return (now += ticks === 4 ? 1_000 : 20);
  });
  await waitUntil(() => ticks > 5, 10_000);
  expect(watch.pauses).toEqual([{ fromMs: 80, toMs: 1_060 }]);
});
