import type { z } from "zod";

/** What a schema that says nothing itself has to say about a value of the wrong type; nothing about all else. */
export function wordIssue(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== "invalid_type") return undefined;
  return `expected ${KINDS[issue.expected] ?? issue.expected}, found ${describe(issue.input)}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "keys with values",
  record: "keys with values",
};

function describe(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "keys with values";
  return JSON.stringify(value).slice(0, 60);
}

/** What the parser has to say about text that is no YAML, in terms of what was expected. */
export function wordSyntax(code: string, message: string, found: string): string {
  switch (code) {
    case "TAB_AS_INDENT":
      return "expected blanks in front of a key, found a tab";
    case "DUPLICATE_KEY":
      return `expected each key once, found "${found}" again`;
    case "MULTIPLE_DOCS":
      return "expected one document, found a second one";
    default:
      return `expected YAML: ${message}`;
  }
}

/** Of `allowed`, the key that somebody most likely meant; nothing if none is near. */
export function nearest(key: string, allowed: readonly string[]): string | undefined {
  const near = allowed
    .map((candidate) => ({ candidate, distance: editDistance(key.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.candidate;
}

/** Insertions, deletions, replacements, and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= a.length; row++) {
    rows[row] = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const distance = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (same ? 0 : 1),
        swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
      rows[row]?.push(distance);
    }
  }
  return at(a.length, b.length);
}
