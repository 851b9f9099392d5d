import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Door } from "../spec/history.ts";
import { LIMITS } from "../spec/limits.ts";
import { addressOf } from "../targets/endpoint.ts";
import type { StageContext } from "./context.ts";

/** Between one connection and the next. */
const PAUSE_MS = 1;

/** Connects again and again until it is told to stop, which records what it saw. */
export function pollConnect(
  context: StageContext,
  { name, door }: { readonly name: string; readonly door: Door },
): { stop(): Promise<void> } {
  const { recorder, signal } = context;
  const address = addressOf(context.endpoint(door));
  const startedMs = recorder.now();
  const misses: { atMs: number; text: string }[] = [];
  let looks = 0;
  let missCount = 0;
  const stopped = new AbortController();
  const over = AbortSignal.any([stopped.signal, signal]);

  const run = async (): Promise<void> => {
    while (!over.aborted) {
      const atMs = recorder.now();
      const failure = await tryToConnect(address);
      looks++;
      if (failure !== undefined && missCount++ < LIMITS.evidenceItems) misses.push({ atMs, text: failure });
      await delay(PAUSE_MS);
    }
    recorder.observations.push({ kind: "poll", name, startedMs, endedMs: recorder.now(), looks, misses, missCount });
  };
  const ended = run();
  return {
    stop: () => {
      stopped.abort();
      return ended;
    },
  };
}

/** Resolves to why it did not work, or to nothing. */
function tryToConnect(address: ReturnType<typeof addressOf>): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const finish = (failure?: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(failure);
    };
    const timer = setTimeout(() => finish(`not accepted within ${LIMITS.connectMs} ms`), LIMITS.connectMs);
    socket.once("connect", () => finish());
    socket.once("error", (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
  });
}
