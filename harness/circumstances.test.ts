import { expect, it } from "vitest";
import { action, history, sample } from "./checkers/testing/history-fixture.ts";
import { circumstancesOf } from "./circumstances.ts";

const processes = {
  cpuSeconds: 0,
  peakPssBytes: 0,
  samples: [
    sample(0, [{ pid: 1, command: "booting" }]),
    sample(900, [
      { pid: 1, command: "master" },
      { pid: 2, ppid: 1 },
    ]),
    sample(1_200, [
      { pid: 1, command: "master" },
      { pid: 2, ppid: 1 },
      { pid: 3, ppid: 1 },
    ]),
    sample(1_600, [
      { pid: 1, command: "master" },
      { pid: 3, ppid: 1, state: "Z" },
    ]),
  ],
};

it("are the processes before the first signal and after the last reload", () => {
  const [before, after] = circumstancesOf(history({ actions: [action()], processes }));
  expect(before?.text).toMatch(/^processes before \(-100 ms .*\): 1 \(parent 1, S\) master; 2 \(parent 1, S\) worker$/);
  expect(after?.text).toMatch(/^processes after \(\+600 ms .*\): 1 .*; 3 \(parent 1, Z\) worker$/);
});

it("are none where nothing was done", () => {
  expect(circumstancesOf(history({ processes }))).toEqual([]);
});
