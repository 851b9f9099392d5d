import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { expect, test } from "vitest";
import { readProcStat } from "../process/proc-files.ts";
import { awaitExits } from "./await-exits.ts";
import type { StageContext } from "./context.ts";
import { HistoryRecorder } from "./recorder.ts";

/** A parent that waits for none of its children: they stay zombies for as long as it lives. */
async function withNeglectfulParent(commands: readonly string[], act: (pids: readonly number[]) => Promise<void>) {
  // A shell would reap those that end while it still is one: they begin when it has become something else.
  const script = `${commands.map((command) => `sh -c 'read _ <&3; ${command}' & echo $!`).join("; ")}; exec sleep 30`;
  const parent = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore", "pipe"] });
  const stdout = parent.stdio[1] as Readable;
  let printed = "";
  stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  while (printed.split("\n").length <= commands.length) await once(stdout, "data");
  await expect.poll(() => readProcStat(parent.pid ?? 0)?.command).toBe("sleep");
  (parent.stdio[3] as Writable).end();
  try {
    await act(printed.trim().split("\n").map(Number));
  } finally {
    const exited = once(parent, "exit");
    parent.kill("SIGKILL");
    await exited;
  }
}

function contextOf(phase: "control" | "trial") {
  const recorder = new HistoryRecorder();
  return { recorder, context: { recorder, phase, signal: new AbortController().signal } as unknown as StageContext };
}

test("how processes ended is read from their zombies", async () => {
  await withNeglectfulParent(["exit 0", "exit 3", "kill -KILL $$"], async (pids) => {
    const { recorder, context } = contextOf("trial");
    await awaitExits(context, { name: "drained", pids, withinMs: 5_000 });
    const byPid = new Map(recorder.observations.map((one) => [one.kind === "exit" ? one.pid : 0, one]));
    expect(pids.map((pid) => byPid.get(pid))).toMatchObject([
      { kind: "exit", name: "drained", code: 0, signal: null },
      { code: 3, signal: null },
      { code: null, signal: "SIGKILL" },
    ]);
  });
});

test("nothing is told of a process that lives on, or in the control", async () => {
  await withNeglectfulParent(["exec sleep 30"], async (pids) => {
    const { recorder, context } = contextOf("trial");
    await awaitExits(context, { name: "drained", pids, withinMs: 50 });
    expect(recorder.observations).toEqual([]);
    for (const pid of pids) process.kill(pid, "SIGKILL");
  });
  await withNeglectfulParent(["exit 0"], async (pids) => {
    const { recorder, context } = contextOf("control");
    await awaitExits(context, { name: "drained", pids, withinMs: 5_000 });
    expect(recorder.observations).toEqual([]);
  });
});
