import type { Readable } from "node:stream";
import { LineFramer } from "../log-record/line-framer.ts";
import type { LineSink } from "../log-record/line-sink.ts";
import { TextBlocks } from "../log-record/text-blocks.ts";

/** A line beyond this is handed on in pieces, each closed by a newline. */
const LONGEST_LINE_BYTES = 8 * 1024 ** 2;

/** Of what the sink may hold: workers are held up above the one, let go below the other. */
const HIGH_WATER_BYTES = 4 * 1024 ** 2;
const LOW_WATER_BYTES = 1024 ** 2;

/**
 * A busy sink may hold workers up: a burst then takes longer and loses nothing. A stalled one may not: one that takes less
 * than this in that time costs lines, which are counted, and not service.
 */
const STALL_MS = 750;
const STALL_BYTES = 64 * 1024;
const LOOK_AGAIN_MS = 5;

/** Takes whole lines; tells how many bytes wait, and how many it has passed on so far. */
type RelaySink = Pick<LineSink, "write" | "buffered" | "written">;

/**
 * Brings what workers write to the master's own output. Each worker has a channel of its own and only whole lines are
 * handed on, by one writer: so lines of several workers never mix, however long they are, and a traceback stays in one piece.
 */
export class OutputRelay {
  readonly #sink: RelaySink;
  readonly #streams = new Set<Readable>();
  #heldUp: { sinceMs: number; written: number } | undefined;
  #patient = true;

  constructor(sink: RelaySink) {
    this.#sink = sink;
  }

  /** Resolves when the stream has ended and its last line is handed on. */
  attach(stream: Readable): Promise<void> {
    const framer = new LineFramer(LONGEST_LINE_BYTES);
    const blocks = new TextBlocks((lines) => this.#forward(lines));
    const take = (runs: readonly Buffer[]): void => {
      for (const lines of runs) blocks.push(lines);
    };
    this.#streams.add(stream);
    stream.on("data", (chunk: Buffer) => take(framer.push(chunk).lines));
    // A channel that breaks ends all the same: "close" follows.
    stream.on("error", () => stream.destroy());
    return new Promise((resolve) => {
      stream.once("close", () => {
        this.#streams.delete(stream);
        take(framer.end().lines);
        blocks.end();
        resolve();
      });
    });
  }

  #forward(lines: Buffer): void {
    this.#sink.write(lines);
    if (this.#sink.buffered < LOW_WATER_BYTES) this.#patient = true;
    if (this.#sink.buffered < HIGH_WATER_BYTES || !this.#patient || this.#heldUp) return;
    this.#heldUp = { sinceMs: performance.now(), written: this.#sink.written };
    for (const stream of this.#streams) stream.pause();
    setTimeout(() => this.#lookAgain(), LOOK_AGAIN_MS);
  }

  #lookAgain(): void {
    const { buffered, written } = this.#sink;
    const before = this.#heldUp;
    if (before && written - before.written >= STALL_BYTES) this.#heldUp = { sinceMs: performance.now(), written };
    const stalled = before !== undefined && performance.now() - before.sinceMs >= STALL_MS;
    const relieved = buffered < LOW_WATER_BYTES;
    if (!relieved && !stalled) return void setTimeout(() => this.#lookAgain(), LOOK_AGAIN_MS);
    this.#patient = relieved;
    this.#heldUp = undefined;
    for (const stream of this.#streams) stream.resume();
  }
}
