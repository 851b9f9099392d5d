import type { Door } from "../../harness/spec/history.ts";
import type { ConversationHandle, RunningLoad, Scenario, Stage } from "../../harness/spec/scenario.ts";

const FRESH_RATE = 60;
const KEPT_RATE = 150;
const STEADY_REQUESTS = 30;
/** Connections per door that say nothing until the new code serves. */
const SILENT = 6;
/** Times that the setting in force is asked for, before and after. */
const ASKED = 4;
const ANSWER_MS = 5_000;

/**
 * One reload, looked at closely: connections that were opened before it and speak after it, the order of generations on
 * each connection, where the new processes have their code and their settings from, and who is left.
 */
export const reloadOnce: Scenario = {
  id: "reload/once",
  title: "One reload, with silent connections and a changed setting",
  decides: [
    "availability/silent-connection-answered",
    "generation/new-code-serves",
    "generation/symlink-resolved-again",
    "generation/every-worker-replaced",
    "generation/no-going-back",
    "generation/environment-applied",
  ],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  capabilities: ["contract"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    const loads = startLoads(stage);
    await Promise.all(loads.map((load) => load.further(STEADY_REQUESTS)));
    await askForSetting(stage, "setting-before");
    const silent = (await Promise.all(stage.doors.map((door) => openSilent(stage, door)))).flat();
    const reload = await stage.reload({ setting: "green" });
    await askForSetting(stage, "setting-after");
    await Promise.all(silent.map(speak));
    await reload.settled();
    await Promise.all(loads.map((load) => load.further(STEADY_REQUESTS)));
    await Promise.all(loads.map((load) => load.stop()));
  },
};

function startLoads(stage: Stage): readonly RunningLoad[] {
  return stage.doors.flatMap((door) => {
    const fresh = stage.openLoop({
      name: `fresh-get-${door}`,
      door,
      ratePerSecond: FRESH_RATE,
      connections: "fresh",
    });
    if (!stage.capabilities.includes("keepalive")) return [fresh];
    const kept = stage.openLoop({
      name: `kept-get-${door}`,
      door,
      ratePerSecond: KEPT_RATE,
      connections: "kept-alive",
      sessions: 6,
    });
    return [fresh, kept];
  });
}

async function askForSetting(stage: Stage, name: string): Promise<void> {
  for (let asked = 0; asked < ASKED; asked++) await stage.request({ name, door: "front" });
}

/** A worker that takes one connection at a time would serve nobody else for as long as one is silent: such a door is left alone. */
async function openSilent(stage: Stage, door: Door): Promise<readonly ConversationHandle[]> {
  const first = await stage.converse({ name: `first-${door}`, door });
  await first.send(request(first, ""));
  await first.until((received) => received.includes(first.id), ANSWER_MS);
  const keepsOpen = first.received.includes(first.id) && !/^connection: *close/im.test(first.received);
  first.close();
  return Promise.all(
    Array.from({ length: keepsOpen ? SILENT : 0 }, () => stage.converse({ name: `silent-${door}`, door })),
  );
}

/** The first request of a connection; what comes, or does not, is in the history. */
async function speak(talk: ConversationHandle): Promise<void> {
  await talk.send(request(talk, "Connection: close\r\n"));
  await talk.until(hasWholeAnswer, ANSWER_MS);
  talk.close();
}

function request({ hostHeader, id }: ConversationHandle, fields: string): string {
  return `GET / HTTP/1.1\r\nHost: ${hostHeader}\r\nx-hupspec-id: ${id}\r\n${fields}\r\n`;
}

/** The body is in JSON; an answer that is cut before its end counts as none. */
function hasWholeAnswer(received: string): boolean {
  return /\r\n\r\n[^]*\}/.test(received);
}
