import { printableLine } from "./printable.ts";

/** A heading (with the head of a table, if it is one), its rows or items, and what closes it. */
export interface Section {
  readonly head: string;
  readonly blocks: readonly string[];
  readonly tail: string;
}

/**
 * Text from outside as plain Markdown text on one line. `@` and `#` become entities: a report posted on a pull request
 * must neither call people nor link to threads.
 */
export function text(value: string, limit = 400): string {
  return escape(printableLine(value, limit));
}

/** The same with web addresses as links: what `text` does to their underscores and hashes would lead elsewhere. */
export function linkedText(value: string, limit = 400): string {
  const parts = printableLine(value, limit).split(/(https?:\/\/[\w.~:/?#@!$&'()*+,;=%-]*[\w/])/);
  return parts.map((part, index) => (index % 2 === 1 ? `<${part}>` : escape(part))).join("");
}

function escape(line: string): string {
  return line.replace(/[\\`*_{}[\]|~<>&@#]/g, (char) => ENTITIES[char] ?? `\\${char}`);
}

const ENTITIES: Readonly<Record<string, string>> = { "<": "&lt;", "&": "&amp;", "@": "&#64;", "#": "&#35;" };

/** The same as a code span, fenced by more backticks than it holds. */
export function code(value: string, limit = 400): string {
  const line = printableLine(value, limit);
  if (line === "") return "";
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const padding = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${padding}${line}${padding}${fence}`;
}

export function tableHead(titles: readonly string[]): string {
  return row(titles) + row(titles.map(() => "---"));
}

/** Cells are Markdown already; a bar in a code span still needs its backslash in a table. */
export function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replace(/(?<!\\)\|/g, "\\|")).join(" | ")} |\n`;
}
