import type { ActionRecord, History } from "../../spec/history.ts";
import { observationsOf } from "../observations.ts";
import { brokenReloads } from "../reload-windows.ts";

/** One of these stands in every message by which a server says that it does not take something. */
const TROUBLE =
  /\b(err|error|errors|emerg|alert|crit|fatal|failed|failure|fails|invalid|refused|rejected|unknown|unexpected|expected|unrecognized|cannot|can't|could not|unable|bad|wrong|not allowed|not valid|syntax|traceback|exception|warn|warning)\b/i;

export function isComplaint(text: string): boolean {
  return TROUBLE.test(text);
}

/** What a line of console or log, or the command that asked for the reload, has said of an invalid configuration. */
export function reportOf(history: History, action: ActionRecord): string | undefined {
  if (action.refused) return [action.output ?? "", action.error ?? ""].filter((text) => text !== "").join("; ");
  const ways = brokenReloads(history).filter(({ release }) => release === "bad-config");
  const looks = observationsOf(history, "log-lines");
  const after = looks.find(({ name }) => name === `after-bad-config-${ways.indexOf(action) + 1}`);
  const before = looks.findLast(({ atMs }) => atMs < action.startedMs);
  const inPeace = looks.find(({ name }) => name === "before-bad-config-1");
  const [report] = newComplaints(inPeace?.lines ?? [], before?.lines ?? [], after?.lines ?? []);
  return report === undefined ? undefined : messageOf(report);
}

/** Of a record in JSON its message, of all else the whole line. */
function messageOf(line: string): string {
  const text = /"(?:msg|message)":"((?:[^"\\]|\\.)*)/.exec(line)?.[1];
  return text ?? line;
}

/** Complaints of `after` beyond those of `before`. What the server says `inPeace`, with other numbers perhaps, tells of nothing. */
export function newComplaints(
  inPeace: readonly string[],
  before: readonly string[],
  after: readonly string[],
): readonly string[] {
  const usual = new Set(inPeace.map(withoutNumbers));
  return newLines(before, after).filter((line) => isComplaint(line) && !usual.has(withoutNumbers(line)));
}

function withoutNumbers(line: string): string {
  return line.replace(/\d+/g, "#");
}

/** Lines of `after` beyond those of `before`; the same text may stand more than once. */
function newLines(before: readonly string[], after: readonly string[]): readonly string[] {
  const old = new Map<string, number>();
  for (const line of before) old.set(line, (old.get(line) ?? 0) + 1);
  return after.filter((line) => {
    const left = old.get(line) ?? 0;
    if (left > 0) old.set(line, left - 1);
    return left === 0;
  });
}
