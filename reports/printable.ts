/**
 * Text that came from a server under test, made safe to show: control characters (an escape sequence could rewrite a
 * terminal, and XML allows hardly any of them) become `\xNN`, halves of surrogate pairs the replacement character.
 * Line breaks and tabs are kept.
 */
export function printable(text: string): string {
  return (
    text
      .toWellFormed()
      // Unicode's category of control characters, and the two code points that XML excludes.
      .replace(/[\p{Cc}\uFFFE\uFFFF]/gu, (char) => (char === "\n" || char === "\t" ? char : escaped(char)))
  );
}

/** The same on one line, at most `limit` UTF-16 units. */
export function printableLine(text: string, limit = 400): string {
  // Cut roughly at first: escaping megabytes of which a line is shown would take its time.
  const line = printable(text.slice(0, limit * 8))
    .replace(/\s+/g, " ")
    .trim();
  if (line.length <= limit) return line;
  // A pair that the cut would split goes as a whole.
  return `${line.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

function escaped(char: string): string {
  return `\\x${(char.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`;
}

/** What XML and HTML give a meaning to, as entities: for content and for quoted attributes. */
export function markupText(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};
