import type { History, LedgerRow } from "../../spec/history.ts";
import type { Conversation } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import { LIMITS } from "../../spec/limits.ts";
import { requestFaults } from "./failure-windows.ts";
import { decide, type Fault, inconclusive } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { waitedMs } from "../pauses.ts";
import { culprits, summarize } from "../request-evidence.ts";

/**
 * The kernel closes what a killed process had open as the last part of its end, and the other side learns of it a little later:
 * a request sent until then may still have gone to the dead.
 */
export const NEWS_MS = 100;

/** The end of a worker that nobody asked for. */
export interface Death {
  readonly pid: number;
  /** When it could do nothing any more: stopped, or killed. */
  readonly fromMs: number;
  readonly killedMs: number;
  /** When it was seen to be gone, and the time for the news of it to spread. */
  readonly knownMs: number;
}

// A worker that is killed costs the requests that it had in hand, and each of these is told.
export function killedWorkerCostsItsOwn(history: History): Finding {
  const deaths = deathsOf(history);
  const [first] = deaths;
  if (!first) return inconclusive("no worker was killed");
  const { stallMs } = history.target.budget;
  const { fromMs, toMs } = spanOf(history, deaths);
  const trials = culprits(history.loads, ({ intendedMs }) => intendedMs >= fromMs && intendedMs < toMs);
  if (trials.length === 0) return inconclusive("no request was sent after a worker was killed");
  const { others, untold } = casualties(history, deaths);
  const streams = streamFaults(history, deaths);
  const inHand = culprits(
    history.loads,
    (row) => row.outcome !== "ok" && row.intendedMs < toMs && dying(row, deaths) !== undefined,
  );
  return decide({
    trials: trials.length + streams.trials,
    faults: [...requestFaults(history, [...untold, ...others]), ...streams.faults],
    expected: `requests sent after a death answered within ${stallMs} ms, those in hand ended within ${stallMs} ms of it`,
    observed:
      `${deaths.length} workers killed; ${inHand.length} requests lost that one of them may have had in hand` +
      `${inHand.length > 0 ? ` (${summarize(inHand)})` : ""}, ${untold.length} of these not told; ` +
      `${others.length} others of ${trials.length} lost or late${others.length > 0 ? ` (${summarize(others)})` : ""}` +
      streams.text,
  });
}

/** Workers killed by the scenario. One that was stopped before could do nothing from then on. */
export function deathsOf(history: History): readonly Death[] {
  const signals = observationsOf(history, "signal").filter(({ delivered, pid }) => delivered && pid > 0);
  return signals
    .filter(({ signal }) => signal === "SIGKILL")
    .map(({ pid, atMs }) => {
      const stopped = signals.find((other) => other.pid === pid && other.signal === "SIGSTOP" && other.atMs <= atMs);
      return { pid, fromMs: stopped?.atMs ?? atMs, killedMs: atMs, knownMs: goneMs(history, pid, atMs) + NEWS_MS };
    });
}

/** When a process was first seen to be gone after `fromMs`; one too short-lived for the samples, a look later. */
export function goneMs({ processes: { samples } }: History, pid: number, fromMs: number): number {
  const isAlive = (sample: (typeof samples)[number]): boolean =>
    sample.processes.some((process) => process.pid === pid && process.state !== "Z");
  if (!samples.some(isAlive)) return fromMs + LIMITS.sampleEveryMs;
  return samples.find((sample) => sample.atMs >= fromMs && !isAlive(sample))?.atMs ?? Number.POSITIVE_INFINITY;
}

/** Requests lost or late that no dead worker had in hand, and those in hand of which nobody was told in time. */
export function casualties(history: History, deaths: readonly Death[]) {
  const { stallMs } = history.target.budget;
  const { fromMs, toMs } = spanOf(history, deaths);
  const isLate = (row: LedgerRow): boolean => waitedMs(history, row.intendedMs, row.doneMs) > stallMs;
  const others = culprits(
    history.loads,
    (row) =>
      row.intendedMs >= fromMs &&
      row.intendedMs < toMs &&
      (row.outcome !== "ok" || isLate(row)) &&
      dying(row, deaths) === undefined,
  );
  const untold = culprits(history.loads, (row) => {
    const death = row.intendedMs < toMs ? dying(row, deaths) : undefined;
    return death !== undefined && (row.outcome === "hung" || waitedMs(history, death.knownMs, row.doneMs) > stallMs);
  });
  return { others, untold };
}

/** From the first death until the next reload, whose losses are its own. */
function spanOf({ actions, durationMs }: History, deaths: readonly Death[]): { fromMs: number; toMs: number } {
  const fromMs = Math.min(...deaths.map((death) => death.fromMs));
  const later = actions.map(({ startedMs }) => startedMs).filter((atMs) => atMs > fromMs);
  return { fromMs, toMs: Math.min(durationMs, ...later) };
}

/** The last death that the request was under way at: with more than one it may have gone from hand to hand. */
function dying({ intendedMs, doneMs }: LedgerRow, deaths: readonly Death[]): Death | undefined {
  const endedMs = Number.isNaN(doneMs) ? Number.POSITIVE_INFINITY : doneMs;
  return deaths.findLast(({ fromMs, knownMs }) => intendedMs <= knownMs && endedMs >= fromMs);
}

/** Answers under way when the worker was killed: its own end at once, those of others are completed. One that was whole is over. */
function streamFaults(history: History, deaths: readonly Death[]) {
  const { stallMs } = history.target.budget;
  const faults: Fault[] = [];
  let own = 0;
  let completed = 0;
  const streams = observationsOf(history, "conversation", "in-hand");
  for (const stream of streams) {
    if (isComplete(stream)) {
      completed++;
      continue;
    }
    const death = deaths.find(({ pid }) => pid === workerOf(stream));
    if (death) own++;
    const atMs = death?.killedMs ?? stream.endedMs;
    const add = (text: string): void => void faults.push({ count: 1, evidence: { kind: "request", atMs, text } });
    if (!death) {
      add(`the answer of worker ${workerOf(stream)}, which nobody killed, through ${stream.at} was cut: ${stream.end}`);
    } else if (stream.end === "open" || waitedMs(history, death.knownMs, stream.endedMs) > stallMs) {
      add(
        `the answer of the killed worker ${death.pid} through ${stream.at} was not ended: ${describeEnd(stream, death)}`,
      );
    }
  }
  const others = streams.length - own;
  const text =
    streams.length === 0 ? "" : `; answers under way: ${own} of the killed, ${completed} of ${others} others whole`;
  return { faults, text, trials: streams.length };
}

function workerOf({ received }: Conversation): number {
  return Number(/^x-hupspec-worker: *(\d+)/im.exec(textOf(received))?.[1] ?? 0);
}

/** With the last chunk, which is empty. */
function isComplete({ received }: Conversation): boolean {
  return textOf(received).endsWith("\r\n0\r\n\r\n");
}

function textOf(received: Conversation["received"]): string {
  return received.map(({ text }) => text).join("");
}

function describeEnd({ end, endedMs }: Conversation, { killedMs }: Death): string {
  return end === "open" ? "no FIN, no RST" : `${end} ${(endedMs - killedMs).toFixed(0)} ms after the kill`;
}
