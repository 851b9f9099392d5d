import type { History, LogSnapshot, LogText, TargetFacts } from "../../spec/history.ts";
import type { Finding } from "../../spec/verdict.ts";
import { decide, inconclusive, type Fault } from "../finding.ts";
import { mayBeRotatedAway, streamsOf } from "../log-reading.ts";
import { brokenReloads } from "../reload-windows.ts";
import { readTracebacks, type BrokenTraceback } from "./tracebacks.ts";

/** Lines shown in front of the one that does not belong there, and from it on. */
const SHOWN_BEFORE = 2;
const SHOWN_AFTER = 4;

// The lines of a traceback stay together in the log, whoever else writes at the same time.
function multilineContiguous(history: History): Finding {
  // A server may well die of the first: then it can't be asked for the next one.
  const failing = brokenReloads(history).filter(({ release, error }) => release === "fail" && error === undefined);
  if (failing.length === 0)
    return inconclusive("no release that fails was put in force, or the target could not be asked");
  const last = history.logs.findLast(({ atMs }) => atMs >= Math.max(...failing.map(({ startedMs }) => startedMs)));
  if (!last) return inconclusive("the log was not read after the release failed");
  const { tracebacks, broken } = readTracebacks(
    last.texts.filter((text) => !mayLackItsHead(history.target, last, text)),
  );
  const faults = broken.map((one) => fault(one, last.atMs));
  if (faults.length === 0) {
    if (tracebacks === 0) return inconclusive("a release failed, but no traceback of a known form is in the log");
    const isBusy = failing.some(({ startedMs }) => writesFrom(history, startedMs));
    if (!isBusy) return inconclusive("nobody else wrote while a release failed");
  }
  const inRecords = last.texts.filter(({ inRecord }) => inRecord).length;
  return decide({
    trials: tracebacks,
    faults,
    expected: "the lines of each traceback one after the other, without a record or another's line in between",
    observed:
      `${tracebacks} tracebacks of ${failing.length} failing releases among ${last.records} records, ` +
      `${broken.length} of them broken${inRecords > 0 ? `; ${inRecords} texts of several lines stand in records of their own` : ""}`,
  });
}

/** The oldest file of a log that is rotated may begin with the rest of what stood in one that is gone. */
function mayLackItsHead(target: TargetFacts, snapshot: LogSnapshot, { file, offset }: LogText): boolean {
  if (offset > 0 || !mayBeRotatedAway(target, snapshot)) return false;
  return [...streamsOf(snapshot).values()].some(([oldest]) => oldest?.name === file);
}

/** Whether somebody had been writing before and still was after. */
function writesFrom({ loads }: History, fromMs: number): boolean {
  return loads.some(({ ledger }) => {
    let before = false;
    let after = false;
    for (const { outcome, sentMs, doneMs } of ledger.rows()) {
      if (outcome !== "ok") continue;
      before ||= sentMs <= fromMs;
      after ||= doneMs > fromMs;
    }
    return before && after;
  });
}

function fault({ text: { file, offset, lines }, line, why }: BrokenTraceback, atMs: number): Fault {
  const shown = lines.slice(Math.max(0, line - SHOWN_BEFORE), line + SHOWN_AFTER).join(" ⏎ ");
  const text = `${file}, text at byte ${offset}, line ${line + 1} of ${lines.length}: ${why}: ${shown}`;
  return { count: 1, evidence: { kind: "log", atMs, text } };
}

export const multiline = { "logging/multiline-contiguous": multilineContiguous } as const;
