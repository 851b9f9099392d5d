const NEWLINE = 10;
/** writev takes no more pieces at a time (IOV_MAX). */
const MAX_PIECES = 1_000;

/**
 * Whole records on their way to the file, bounded in bytes. What does not fit is dropped, newest first and by whole
 * records, and counted; the count stands in the stream as a record of its own, where the dropped ones would have stood.
 */
export class RecordQueue {
  readonly #describeDrop: (records: number) => Buffer;
  #limitBytes: number;
  #buffers: Buffer[] = [];
  #bytes = 0;
  #unannounced = 0;
  #dropped = 0;

  constructor(limitBytes: number, describeDrop: (records: number) => Buffer) {
    this.#limitBytes = limitBytes;
    this.#describeDrop = describeDrop;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get records(): number {
    return this.#buffers.reduce((sum, buffer) => sum + countLines(buffer), 0);
  }

  /** Records dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  set limitBytes(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** `records` consists of whole lines. */
  push(records: Buffer): void {
    // Half of the room has to be free again first, or drops and announcements would alternate record by record.
    if (this.#unannounced > 0 && this.#bytes <= this.#limitBytes / 2) this.#announce();
    const room = this.#unannounced > 0 ? 0 : this.#limitBytes - this.#bytes;
    const taken = records.length <= room ? records.length : room > 0 ? records.lastIndexOf(NEWLINE, room - 1) + 1 : 0;
    if (taken > 0) this.#append(records.subarray(0, taken));
    if (taken < records.length) this.drop(countLines(records.subarray(taken)));
  }

  drop(records: number): void {
    this.#unannounced += records;
    this.#dropped += records;
  }

  /** The longest run of whole records from the front within `roomBytes`; it stays queued until `commit`. */
  peek(roomBytes: number): Buffer[] {
    if (this.#buffers.length === 0 && this.#unannounced > 0) this.#announce();
    const run: Buffer[] = [];
    let bytes = 0;
    for (const buffer of this.#buffers) {
      if (run.length === MAX_PIECES) break;
      if (bytes + buffer.length <= roomBytes) {
        run.push(buffer);
        bytes += buffer.length;
        continue;
      }
      const end = roomBytes > bytes ? buffer.lastIndexOf(NEWLINE, roomBytes - bytes - 1) + 1 : 0;
      if (end > 0) run.push(buffer.subarray(0, end));
      break;
    }
    return run;
  }

  /** The first record alone, however long. */
  peekOne(): Buffer[] {
    const first = this.#buffers[0];
    return first ? [first.subarray(0, first.indexOf(NEWLINE) + 1)] : [];
  }

  /** Takes the first `bytes` bytes out; they end at a record boundary. */
  commit(bytes: number): void {
    this.#bytes -= bytes;
    let whole = 0;
    let left = bytes;
    for (const buffer of this.#buffers) {
      if (buffer.length > left) break;
      left -= buffer.length;
      whole++;
    }
    this.#buffers.splice(0, whole);
    const first = this.#buffers[0];
    if (left > 0 && first) this.#buffers[0] = first.subarray(left);
  }

  #announce(): void {
    const notice = this.#describeDrop(this.#unannounced);
    this.#unannounced = 0;
    this.#append(notice);
  }

  #append(records: Buffer): void {
    this.#buffers.push(records);
    this.#bytes += records.length;
  }
}

export function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** Of the first `written` bytes of `run`, those up to the last record boundary. */
export function wholeRecordBytes(run: readonly Buffer[], written: number): number {
  let before = 0;
  for (const buffer of run) {
    if (before + buffer.length > written) {
      const inside = written - before;
      return before + (inside > 0 ? buffer.lastIndexOf(NEWLINE, inside - 1) + 1 : 0);
    }
    before += buffer.length;
  }
  return before;
}
