import { createInterface } from "node:readline/promises";

/** A question is not answered any more: Ctrl-C, or the end of the input. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/** Asks a person, one question a line. */
export interface Prompt extends Disposable {
  /** Resolves to the answer, or to `fallback`, which is shown, for an empty one. @throws {InterruptedError} */
  ask(question: string, fallback: string): Promise<string>;
  /** Shows something between two questions. */
  tell(text: string): void;
}

/** A prompt on a terminal. */
export function terminalPrompt(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Prompt {
  const lines = createInterface({ input, output, terminal: true });
  const controller = new AbortController();
  const interrupt = (): void => controller.abort(new InterruptedError("interrupted"));
  lines.once("SIGINT", interrupt).once("close", interrupt);
  return {
    async ask(question, fallback) {
      try {
        const answer = await lines.question(`${question} [${fallback}]: `, { signal: controller.signal });
        return answer.trim() === "" ? fallback : answer.trim();
      } catch (error) {
        if (!controller.signal.aborted) throw error;
        // So that the shell's own prompt begins a line.
        output.write("\n");
        throw controller.signal.reason;
      }
    },
    tell: (text) => void output.write(`${text}\n`),
    [Symbol.dispose]() {
      lines.off("close", interrupt);
      lines.close();
    },
  };
}
