import type { History } from "../../spec/history.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { Conversation } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import { type DrainWindow, drainWindows, goneMs, overdue } from "../lifecycle/drain-windows.ts";
import { decide, type Fault, inconclusive, unsupported } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { rawAnswers } from "../raw-answers.ts";
import { describeHeld, spans } from "../served-by.ts";
import { closeCodeIn } from "./websocket-frames.ts";

/* What the deadline of a drain does to connections. */
export const deadlineConnections = {
  "connections/cut-is-detectable": cutIsDetectable,
  "connections/idle-cannot-pin": idleCannotPin,
  "connections/websocket-drains": websocketDrains,
};

// An answer that the reload cuts short can be told from a complete one.
function cutIsDetectable(history: History): Finding {
  const windows = drainWindows(history);
  const long = history.held.filter(
    (request) =>
      (request.by === "stream" || request.by === "download") && windows.some(({ reload }) => spans(request, reload)),
  );
  const cut = long.filter(({ row }) => row.outcome !== "ok" && row.firstByteMs > 0);
  if (cut.length === 0) {
    return inconclusive(
      long.length > 0
        ? `all of ${long.length} long answers were completed`
        : "no long answer was under way at a reload",
    );
  }
  const silent = cut.filter(({ row }) => row.outcome === "wrong-answer");
  const end = (text: string | undefined): string => (text === undefined ? "" : `, after ${JSON.stringify(text)}`);
  return decide({
    trials: cut.length,
    faults: silent.map(({ row, door, by, bodyEnd }): Fault => ({
      count: 1,
      evidence: {
        kind: "request",
        atMs: row.doneMs,
        text: `${describeHeld(row, `${by}, ${door}`)}: framed as complete${end(bodyEnd)}`,
      },
    })),
    expected: "no last chunk after a partial body: the connection ends, or is reset, before the answer is complete",
    observed: `${cut.length} of ${long.length} long answers were cut at the deadline, ${silent.length} of them with the framing of a complete answer`,
  });
}

// An idle kept-alive client cannot keep the old generation alive past the deadline of the drain.
function idleCannotPin(history: History): Finding {
  // Where a request is in flight as well, it would not be the idle client that holds the worker.
  const windows = drainWindows(history).filter(({ reload }) => !history.held.some((request) => spans(request, reload)));
  let trials = 0;
  const faults: Fault[] = [];
  const parts: string[] = [];
  for (const window of windows) {
    const idle = observationsOf(history, "conversation").filter((talk) => isIdleAt(talk, window));
    if (idle.length === 0) continue;
    if (window.leaving.size === 0) return inconclusive("no process was known that had to leave");
    const late = overdue(history, window);
    if (!late) return inconclusive("the process table was not looked at until the deadline was over");
    faults.push(...late.map((evidence) => ({ count: 1, evidence })));
    trials += window.leaving.size;
    const gone = goneMs(history.processes.samples, window);
    const since = gone - (window.reload.servedMs ?? Number.NaN);
    parts.push(
      `${idle.length} idle clients, ${window.leaving.size} old processes ` +
        (Number.isNaN(since) ? "never gone" : `gone ${since.toFixed(0)} ms after the new code served`),
    );
  }
  return decide({
    trials,
    faults,
    expected: `no old process ${history.target.drainMs} ms after the drain began, give or take a second`,
    observed: parts.join("; ") || "no idle client was there when a reload came",
  });
}

function isIdleAt({ name, sent, endedMs }: Conversation, { reload }: DrainWindow): boolean {
  const last = sent.at(-1);
  return (
    name.startsWith("idle-") && last !== undefined && last.atMs < reload.startedMs && !(endedMs < reload.startedMs)
  );
}

/** An end that comes so much too early is a matter of when the server began to count. */
const EARLY_PART = 0.1;

// WebSockets and event streams live to the deadline and end with a close code, or an orderly end.
function websocketDrains(history: History): Finding {
  const talks = observationsOf(history, "conversation").filter(({ name }) => /^(websocket|events)-/.test(name));
  if (talks.length === 0) return unsupported("the target has neither WebSockets nor server-sent events");
  const windows = drainWindows(history);
  const { drainMs } = history.target;
  const faults: Fault[] = [];
  const lives: number[] = [];
  const ends: string[] = [];
  for (const talk of talks) {
    const window = windows.find(({ reload }) => isOpenAcross(talk, reload.startedMs));
    if (!window) continue;
    const { reload, earliestMs, latestMs } = window;
    const { orderly, how, endedMs } = endOf(talk);
    const lived = endedMs - reload.startedMs;
    lives.push(lived);
    ends.push(how);
    const problem =
      Number.isNaN(endedMs) || endedMs > latestMs
        ? `was open ${(latestMs - reload.startedMs).toFixed(0)} ms after the reload still`
        : endedMs < earliestMs - EARLY_PART * drainMs
          ? `ended ${lived.toFixed(0)} ms after the reload, with a drain of ${drainMs} ms (${how})`
          : orderly
            ? undefined
            : `ended without ${talk.name.startsWith("websocket-") ? "a close code" : "its last chunk"} (${how})`;
    if (problem === undefined) continue;
    faults.push({ count: 1, evidence: { kind: "request", atMs: endedMs, text: `${talk.name}: ${problem}` } });
  }
  return decide({
    trials: lives.length,
    faults,
    expected: `open for the ${drainMs} ms of the drain and up to ${LIMITS.giveUpMarginMs} ms more, then a close frame with a code (RFC 6455, 7.4), or the last chunk of the event stream`,
    observed: `${lives.length} long-lived connections ended ${lives.map((ms) => ms.toFixed(0)).join(", ")} ms after the reload: ${[...new Set(ends)].join(", ")}`,
  });
}

/** It had got its first answer before the reload, and was open when that came. */
function isOpenAcross({ received, endedMs }: Conversation, reloadMs: number): boolean {
  const [first] = received;
  return first !== undefined && first.atMs < reloadMs && !(endedMs < reloadMs);
}

interface End {
  readonly orderly: boolean;
  readonly how: string;
  /** NaN if it did not end. */
  readonly endedMs: number;
}

function endOf({ name, received, end, endedMs }: Conversation): End {
  const text = received.map((piece) => piece.text).join("");
  if (name.startsWith("websocket-")) {
    const code = closeCodeIn(text);
    const how = code === undefined ? `${end} without a close frame` : `close code ${code}`;
    return { orderly: code !== undefined, how, endedMs };
  }
  // The connection may go on after the stream.
  if (rawAnswers(text)[0]?.complete) {
    return { orderly: true, how: "last chunk of the event stream", endedMs: received.at(-1)?.atMs ?? endedMs };
  }
  return { orderly: false, how: `${end} amid the event stream`, endedMs };
}
