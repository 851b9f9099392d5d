import { setTimeout as delay } from "node:timers/promises";
import { LIMITS } from "../spec/limits.ts";
import { askStatus, type Endpoint } from "./endpoint.ts";

export interface ReadinessPlan {
  readonly endpoints: readonly { readonly label: string; readonly endpoint: Endpoint }[];
  readonly path: string;
  readonly withinMs: number;
  readonly signal: AbortSignal;
  /** Why there is no point in waiting any longer, once that is so. */
  readonly gaveUp: () => string | undefined;
}

const NOTHING = "nothing";

/**
 * Asks all endpoints until each has answered with a 2xx. Resolves to undefined, or to why that will not be or was not in
 * time.
 */
export async function waitUntilReady({
  endpoints,
  path,
  withinMs,
  signal,
  gaveUp,
}: ReadinessPlan): Promise<string | undefined> {
  const deadline = performance.now() + withinMs;
  const waitFor = async ({ label, endpoint }: ReadinessPlan["endpoints"][number]): Promise<string | undefined> => {
    let last: string = NOTHING;
    for (;;) {
      signal.throwIfAborted();
      const reason = gaveUp();
      if (reason !== undefined) return reason;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) break;
      try {
        const { status } = await askStatus(endpoint, { path, withinMs: Math.min(leftMs, LIMITS.connectMs), signal });
        if (status >= 200 && status < 300) return undefined;
        last = `status ${status}`;
      } catch (error) {
        // Refused, reset, late: what a server does that is not ready yet. The next round tells.
        signal.throwIfAborted();
        const { code } = error as NodeJS.ErrnoException;
        // A try that the deadline cut short tells less than the one before it.
        if (code !== "ABORT_ERR") last = code ?? String(error);
        else if (last === NOTHING || performance.now() < deadline) last = "no answer in time";
      }
      await delay(LIMITS.readyProbeEveryMs, undefined, { signal });
    }
    return `expected GET ${path} at ${label} to be answered with 2xx within ${withinMs} ms, last came ${last}`;
  };
  const reasons = await Promise.all(endpoints.map(waitFor));
  return reasons.find((reason) => reason !== undefined);
}
