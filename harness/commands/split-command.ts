import { UsageError } from "./io.ts";

/** Splits a command line into arguments at blanks, with '...', "..." and \ as a shell reads them; nothing else. */
export function splitCommand(text: string, option: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    if (char === "\\" && quote !== "'" && index + 1 < text.length) {
      word = (word ?? "") + text.charAt(++index);
    } else if (char === quote) {
      quote = "";
    } else if (quote === "" && (char === '"' || char === "'")) {
      quote = char;
      word ??= "";
    } else if (quote === "" && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + char;
    }
  }
  if (quote !== "") throw new UsageError(`${option}: expected a closing ${quote}`);
  if (word !== undefined) words.push(word);
  if (words.length === 0) throw new UsageError(`${option}: expected a command`);
  return words;
}
