import { fstatSync } from "node:fs";
import { LineSink, unblocked } from "../log-record/line-sink.ts";
import { createRecordLogger, type RecordLogger } from "../log-record/logger.ts";

/** How long the last lines may take at the end, if the reader takes none of them. */
const LAST_OUTPUT_MS = 2000;

export interface Outputs extends Disposable {
  readonly stdout: LineSink;
  readonly stderr: LineSink;
  /** The master's own records; they go the same way as those of the workers. */
  readonly log: RecordLogger;
}

/** The master's standard output and error, neither of which ever blocks it. Disposal writes out what is left. */
export function openOutputs(program: string): Outputs {
  let log: RecordLogger | undefined;
  const describeDrop = (lines: number): string => log?.formatDrop(lines) ?? "";
  const error = unblocked(2);
  const stderr = new LineSink({ fd: error.fd, describeDrop });
  // One writer where both are the same file: two would cut into each other's lines.
  const output = isSameFile() ? undefined : unblocked(1);
  const stdout = output ? new LineSink({ fd: output.fd }) : stderr;
  log = createRecordLogger({ app: program, generation: 0, sink: stderr });
  return {
    stdout,
    stderr,
    log,
    [Symbol.dispose]: () => {
      stderr.flush(LAST_OUTPUT_MS);
      if (output) stdout.flush(LAST_OUTPUT_MS);
      error.close();
      output?.close();
    },
  };
}

function isSameFile(): boolean {
  const [out, error] = [fstatSync(1), fstatSync(2)];
  return out.dev === error.dev && out.ino === error.ino;
}
