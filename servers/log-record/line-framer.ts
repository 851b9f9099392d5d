/** What a channel gave: bytes of whole lines only, and whether a line had to be cut because it was too long. */
export interface Framed {
  /** Each buffer starts at the start of a line and ends with a newline. */
  readonly lines: readonly Buffer[];
  /** Bytes of pieces in `lines` that are not the end of their line. */
  readonly cutBytes: number;
}

const NEWLINE = 10;
const NOTHING: Framed = { lines: [], cutBytes: 0 };
/** Pieces of an unfinished line are joined at this number, so that byte-wise writers cost no array of millions. */
const MAX_PIECES = 64;

/**
 * Turns the chunks of one channel into whole lines. It searches for one newline from each end of a chunk and copies
 * one line per chunk at most: the cost is that of the chunks, not of the lines.
 */
export class LineFramer {
  readonly #maxLineBytes: number;
  #pieces: Buffer[] = [];
  #heldBytes = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Bytes of the line that has begun and not ended. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  push(chunk: Buffer): Framed {
    const last = chunk.lastIndexOf(NEWLINE);
    if (last < 0) {
      this.#hold(chunk);
      return this.#heldBytes > this.#maxLineBytes ? this.#cut() : NOTHING;
    }
    const lines: Buffer[] = [];
    let start = 0;
    if (this.#heldBytes > 0) {
      start = chunk.indexOf(NEWLINE) + 1;
      lines.push(this.#release(chunk.subarray(0, start)));
    }
    if (last + 1 > start) lines.push(chunk.subarray(start, last + 1));
    if (last + 1 < chunk.length) this.#hold(chunk.subarray(last + 1));
    return { lines, cutBytes: 0 };
  }

  /** The channel has ended: what is left is a line too, and gets its newline. */
  end(): Framed {
    return this.#heldBytes > 0 ? { lines: [this.#release(Buffer.from("\n"))], cutBytes: 0 } : NOTHING;
  }

  #hold(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#heldBytes += piece.length;
    if (this.#pieces.length > MAX_PIECES) this.#pieces = [Buffer.concat(this.#pieces)];
  }

  #cut(): Framed {
    const cutBytes = this.#heldBytes;
    return { lines: [this.#release(Buffer.from("\n"))], cutBytes };
  }

  #release(end: Buffer): Buffer {
    const line = Buffer.concat([...this.#pieces, end]);
    this.#pieces = [];
    this.#heldBytes = 0;
    return line;
  }
}
