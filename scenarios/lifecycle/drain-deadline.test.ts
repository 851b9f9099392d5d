import { expect, test } from "vitest";
import type { Stage } from "../../harness/spec/scenario.ts";
import { drainDeadline } from "./drain-deadline.ts";

/** Workers go at once; a proxy in front ends its clients' long-lived connections `endsAfterMs` later. Resolves to how these stood. */
async function endsOf(endsAfterMs: number): Promise<readonly boolean[]> {
  let nowMs = 0;
  const ends: boolean[] = [];
  const running = { further: async () => {}, stop: async () => {} };
  const talk = (name: string) => {
    let ended = false;
    return {
      id: name,
      hostHeader: "localhost",
      received: "",
      send: async () => {},
      until: async (isSo: (received: string) => boolean, withinMs: number) => {
        // To what it says at first it does not come here.
        if (isSo("}") || isSo("\r\n\r\n") || isSo("ping") || isSo("data:")) return true;
        ended = withinMs >= endsAfterMs;
        return false;
      },
      close: () => void (/^(?:websocket|events)/.test(name) && ends.push(ended)),
    };
  };
  const stage = {
    phase: "trial",
    doors: ["front"],
    capabilities: ["websocket", "sse"],
    facts: { drainMs: 2_000 },
    now: () => (nowMs += 1),
    openLoop: () => running,
    servingWorkers: async () => [100],
    processes: () => [{ pid: 1 }],
    converse: async ({ name }: { name: string }) => talk(name),
    hold: async () => ({ release: async () => {} }),
    reload: async () => ({ served: async () => {} }),
    readServerLines: async () => [],
    until: async (isSo: () => boolean) => isSo(),
  } as unknown as Stage;
  await drainDeadline.drive(stage);
  return ends;
}

test("a long-lived connection has until the deadline to end, also where its worker was gone long before", async () => {
  expect(await endsOf(1_500)).toEqual([true, true]);
  expect(await endsOf(60_000)).toEqual([false, false]);
});
