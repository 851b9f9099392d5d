/** Text with nothing behind it for so long is believed to be complete ... */
const QUIET_MS = 100;
/** ... and is handed on in any case after so long, or if it is more than this. */
const HELD_MS = 500;
const HELD_BYTES = 256 * 1024;

const NEWLINE = 10;
const BRACE = 123;

/**
 * Keeps the lines of one channel together that belong together, such as those of a traceback, which come in several writes:
 * lines that are no records are held back until a record, the end or a pause follows, and then handed on in one piece. Looks
 * at the last line of each run only, so that records cost nothing.
 */
export class TextBlocks {
  readonly #handOn: (lines: Buffer) => void;
  readonly #mostBytes: number;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #sinceMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param limitBytes of what `handOn` leads to, if it is small: a quarter of it is held at most. */
  constructor(handOn: (lines: Buffer) => void, limitBytes = Number.POSITIVE_INFINITY) {
    this.#handOn = handOn;
    this.#mostBytes = Math.min(HELD_BYTES, limitBytes / 4);
  }

  /** `lines` begins at the start of a line and ends with a newline. */
  push(lines: Buffer): void {
    const isText = lines[lines.lastIndexOf(NEWLINE, lines.length - 2) + 1] !== BRACE;
    if (!isText && this.#heldBytes === 0) return this.#handOn(lines);
    if (this.#heldBytes === 0) this.#sinceMs = performance.now();
    this.#held.push(lines);
    this.#heldBytes += lines.length;
    const isOver = this.#heldBytes > this.#mostBytes || performance.now() - this.#sinceMs >= HELD_MS;
    if (!isText || isOver) return this.end();
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => this.end(), QUIET_MS);
  }

  /** Hands on what is held. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#heldBytes === 0) return;
    const held = this.#held.length === 1 ? this.#held[0] : undefined;
    const lines = held ?? Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    this.#handOn(lines);
  }
}
