import type { SinkEvent } from "../spec/observation.ts";
import type { TargetParts } from "./booted-target.ts";

/**
 * Does something to whoever reads the log of a target: the reader of its pipe, where it has one, else the process that `start`
 * started, which a stack or a supervisor reads its programs' output by. That one can't be lost: all would end with it.
 */
export async function changeSink(
  { logPipe, child, definition }: Pick<TargetParts, "logPipe" | "child" | "definition">,
  event: SinkEvent,
): Promise<{ readonly pid: number; readonly done: boolean }> {
  if (logPipe) {
    const done = await changePipe(logPipe, event);
    return { pid: logPipe.reader, done };
  }
  const { role, logs } = definition.settings;
  const reads = logs !== undefined && (role === "stack" || role === "supervisor");
  const signal = SIGNALS[event];
  if (!child) return { pid: 0, done: false };
  return { pid: child.pid, done: reads && signal !== undefined && child.signal(signal) };
}

const SIGNALS: Readonly<Partial<Record<SinkEvent, NodeJS.Signals>>> = { freeze: "SIGSTOP", resume: "SIGCONT" };

async function changePipe(pipe: NonNullable<TargetParts["logPipe"]>, event: SinkEvent): Promise<boolean> {
  switch (event) {
    case "freeze":
    case "resume":
      return pipe.hold(event === "freeze");
    case "lose":
      return pipe.lose();
    case "restore":
      return pipe.restore();
    default:
      return event satisfies never;
  }
}
