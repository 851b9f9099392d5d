/** What a command may touch of the process that it runs in; a test passes its own. */
export interface CommandIo {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Both outputs are a terminal: lines may be rewritten and coloured. */
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
}

interface TextSink {
  write(text: string): unknown;
  /** Width of the terminal, where it is one. */
  readonly columns?: number;
}

/** Something that the user has to put right: one message, no stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** `ENOENT` and its like, for messages to the user. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
