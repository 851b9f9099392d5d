import type { Door } from "../../harness/spec/history.ts";
import type { ConversationHandle, Stage } from "../../harness/spec/scenario.ts";

/** Connections that wait in the listen queue; below the shortest queue that servers ask the kernel for. */
const WAITING = 24;
const STOPS_WITHIN_MS = 2_000;
/** An answer of whoever is left takes no longer; where each worker has a listener of its own, a stopped one may be asked. */
const IS_LEFT_MS = 1_000;
const MOST_ASKED = 5;
const ANSWER_MS = 10_000;

/**
 * A reload with a full listen queue: all workers are stopped, so that nobody accepts; connections named `queued` are opened and ask;
 * the application is reloaded, and when its new code serves the old workers may go on.
 */
export async function reloadWithQueue(stage: Stage): Promise<void> {
  const door: Door = stage.doors.includes("direct") ? "direct" : "front";
  const workers = stage.phase === "trial" ? await stopAll(stage, door) : [];
  const queued = await Promise.all(Array.from({ length: WAITING }, () => stage.converse({ name: "queued", door })));
  await Promise.all(queued.map(ask));
  stage.lookAtListenQueue({ name: "before-reload", door });
  const reload = await stage.reload({ awaits: "nothing" });
  await reload.served();
  for (const pid of workers) stage.kill({ name: "workers", pid, signal: "SIGCONT" });
  await Promise.all(queued.map(hear));
  await reload.settled();
}

/** Which of the workers accepts is the kernel's choice: one may have answered nobody yet. With the others stopped it has to. */
async function stopAll(stage: Stage, door: Door): Promise<readonly number[]> {
  const stopped: number[] = [];
  const stop = async (pids: readonly number[]): Promise<void> => {
    for (const pid of pids) stage.kill({ name: "workers", pid, signal: "SIGSTOP" });
    stopped.push(...pids);
    await stage.until(() => areStopped(stage, stopped), STOPS_WITHIN_MS);
  };
  await stop(await stage.servingWorkers());
  for (let asked = 0; stopped.length < stage.workers && asked < MOST_ASKED; asked++) {
    const { worker } = await stage.request({ name: "who-is-left", door, withinMs: IS_LEFT_MS });
    if (worker > 0) await stop([worker]);
  }
  return stopped;
}

function areStopped(stage: Stage, pids: readonly number[]): boolean {
  return stage.processes().every(({ pid, state }) => !pids.includes(pid) || state === "T");
}

function ask(talk: ConversationHandle): Promise<void> {
  return talk.send(
    `GET / HTTP/1.1\r\nHost: ${talk.hostHeader}\r\nx-hupspec-id: ${talk.id}\r\nConnection: close\r\n\r\n`,
  );
}

async function hear(talk: ConversationHandle): Promise<void> {
  await talk.until(hasWholeAnswer, ANSWER_MS);
  talk.close();
}

/** The body is in JSON; an answer that is cut before its end counts as none. */
function hasWholeAnswer(received: string): boolean {
  return /\r\n\r\n[^]*\}/.test(received);
}
