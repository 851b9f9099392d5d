import { expect, test } from "vitest";
import { startProcess } from "./managed-process.ts";
import { catchesSignals } from "./signal-handlers.ts";

test("a runtime catches signals, a plain program does not, and nobody does who is gone", async () => {
  expect(catchesSignals(process.pid)).toBe(true);
  const sink = "captured" as const;
  const plan = { command: "sleep", args: ["60"], cwd: "/", env: {}, stdout: sink, stderr: sink };
  await using sleeper = await startProcess({ ...plan, env: { PATH: process.env["PATH"] } });
  expect(catchesSignals(sleeper.pid)).toBe(false);
  expect(catchesSignals(2 ** 22 + 1)).toBe(false);
});
