import { once } from "node:events";
import { watch } from "node:fs";
import { access, open } from "node:fs/promises";
import path from "node:path";
import { LIMITS } from "../spec/limits.ts";

/** Both ends of a held request meet in two files of one folder: `G.entered` by the application, `G.open` by us. */
export interface Gate {
  readonly name: string;
  /** Resolves to whether the application entered the gate within `withinMs` ({@link LIMITS.gateMs}); rejects on abort. */
  entered(signal: AbortSignal, withinMs?: number): Promise<boolean>;
  /** Lets the held request go on. Idempotent. */
  open(): Promise<void>;
}

export function createGate(folder: string, name: string): Gate {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    throw new TypeError(`expected the name of a gate to be letters, digits, dots and dashes, not "${name}"`);
  }
  const file = path.join(folder, `${name}.entered`);
  return {
    name,
    entered: (signal, withinMs = LIMITS.gateMs) => appears(file, withinMs, signal),
    async open() {
      // Created empty, hence in one step.
      const handle = await open(path.join(folder, `${name}.open`), "a", 0o600);
      await handle.close();
    },
  };
}

async function appears(file: string, withinMs: number, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  const deadline = performance.now() + withinMs;
  // Watching starts before the first look: the file may come in between.
  const watcher = watch(path.dirname(file), { persistent: false });
  // A folder that can't be watched any more is still looked at now and then.
  watcher.on("error", () => undefined);
  try {
    while (!(await exists(file))) {
      signal.throwIfAborted();
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return false;
      await changeOrTimeout(watcher, Math.min(leftMs, LIMITS.gatePollEveryMs), signal);
    }
    return true;
  } finally {
    watcher.close();
  }
}

async function changeOrTimeout(watcher: NodeJS.EventEmitter, ms: number, signal: AbortSignal): Promise<void> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), ms);
  try {
    await once(watcher, "change", { signal: AbortSignal.any([signal, end.signal]) });
  } catch (error) {
    signal.throwIfAborted();
    if (!end.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
