import type { LogText } from "../../spec/history.ts";

/*
 * Tracebacks in the text of a log, of the languages whose frames are known by their look, and what shows that something
 * stands between the lines of one. In doubt nothing is said: frames follow a head, that much is common to all languages.
 */

/** JavaScript and Java, Python, Ruby, Go; and Ruby's as its Logger writes them, without an indentation. */
const FRAME = /^\s+(?:at \S|File "[^"]*", line \d+|from \S+:\d+:in |\S+\.go:\d+)|^\S+:\d+:in [`'][^']*'$/;
const PYTHON_HEAD = "Traceback (most recent call last):";

interface Traceback {
  /** By which copies of the same one are known: the line in front of the frames, in Python the one behind them. */
  readonly key: string;
  readonly frames: readonly string[];
  readonly text: LogText;
  readonly line: number;
}

export interface BrokenTraceback {
  readonly text: LogText;
  /** Index of a line in the text. */
  readonly line: number;
  readonly why: string;
}

export interface TracebackReading {
  readonly tracebacks: number;
  readonly broken: readonly BrokenTraceback[];
}

export function readTracebacks(texts: readonly LogText[]): TracebackReading {
  const found = texts.flatMap(tracebacksOf);
  const broken = [...texts.flatMap(cutOff), ...texts.flatMap(mixedHeads), ...unlikeItsCopies(found)];
  return { tracebacks: found.length, broken };
}

function tracebacksOf(text: LogText): Traceback[] {
  const { lines } = text;
  const found: Traceback[] = [];
  for (let at = 0; at < lines.length; at++) {
    if (!isFrame(lines[at])) continue;
    const line = at;
    const frames: string[] = [];
    // Between frames stand the lines of source that they quote, and the marks below these.
    for (; at < lines.length && (isFrame(lines[at]) || /^\s+\S/.test(lines[at] ?? "")); at++) {
      if (isFrame(lines[at])) frames.push(withoutReleases(lines[at] ?? ""));
    }
    const head = lines[line - 1] ?? "";
    const key = head === PYTHON_HEAD ? (lines[at] ?? "") : head;
    found.push({ key: withoutReleases(key), frames, text, line });
  }
  return found;
}

/** A frame without anything in front of it, or Python's frames without their last line: a record stands in between. */
function cutOff(text: LogText): BrokenTraceback[] {
  const { lines, inRecord } = text;
  if (inRecord) return [];
  if (isFrame(lines[0])) return [{ text, line: 0, why: "frames behind a record, without their head" }];
  const head = lines.lastIndexOf(PYTHON_HEAD);
  const rest = head === -1 ? [] : lines.slice(head + 1);
  const unended = rest.length > 0 && rest.every((line) => /^\s/.test(line));
  return unended ? [{ text, line: head, why: "frames in front of a record, without the line that ends them" }] : [];
}

/** A head that is not followed by its frames, but by another head or by text of somebody else. */
function mixedHeads(text: LogText): BrokenTraceback[] {
  const { lines } = text;
  return lines.flatMap((line, index) => {
    const next = lines[index + 1];
    if (next === undefined || isFrame(next)) return [];
    const isTwice = line === next && isFrame(lines[index + 2]);
    return line === PYTHON_HEAD || isTwice ? [{ text, line: index, why: "a head without its frames" }] : [];
  });
}

/**
 * Processes that fail in the same way print the same. One whose frames are those of the others, but more or fewer of them or in
 * another order, was mixed with another; several of the same kind are another way to fail.
 */
function unlikeItsCopies(found: readonly Traceback[]): BrokenTraceback[] {
  const byKey = Map.groupBy(found, ({ key }) => key);
  return [...byKey.values()].flatMap((copies) => {
    const variants = [...Map.groupBy(copies, ({ frames }) => frames.join("\n")).values()];
    return variants.flatMap(([one, ...same]) => {
      if (!one || same.length > 0) return [];
      const isMixed = variants.some(([other]) => other !== undefined && other !== one && sameFrames(one, other));
      return isMixed ? [{ text: one.text, line: one.line, why: "frames unlike those of its copies" }] : [];
    });
  });
}

function sameFrames(a: Traceback, b: Traceback): boolean {
  const [of, to] = [new Set(a.frames), new Set(b.frames)];
  return of.isSubsetOf(to) || to.isSubsetOf(of);
}

function isFrame(line: string | undefined): boolean {
  return line !== undefined && FRAME.test(line);
}

/** Folders that are numbers: the releases of a run, which are otherwise the same. */
function withoutReleases(line: string): string {
  return line.replace(/\/\d+(?=\/)/g, "/#");
}
