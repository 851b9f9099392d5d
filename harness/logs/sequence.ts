/** How a number stood to those before it. */
export type Arrival = "next" | "gap" | "late" | "repeat";

/**
 * The numbers of one writer, kept as runs: a sequence without gaps takes one run whatever its length. Numbers may
 * come in any order.
 */
export class Sequence {
  /** First and last of each run, ascending; runs neither touch nor overlap. */
  readonly #firsts: number[] = [];
  readonly #lasts: number[] = [];
  readonly #repeated: number[] = [];
  #repeatedCount = 0;
  #outOfOrderCount = 0;
  #records = 0;

  add(seq: number): Arrival {
    this.#records++;
    const top = this.#lasts.length - 1;
    const last = this.#lasts[top];
    if (last === undefined) {
      this.#insert(0, seq);
      return "next";
    }
    if (seq === last + 1) {
      this.#lasts[top] = seq;
      return "next";
    }
    if (seq > last) {
      this.#insert(top + 1, seq);
      return "gap";
    }
    return this.#addLate(seq);
  }

  facts(listed: number): {
    readonly first: number;
    readonly last: number;
    readonly records: number;
    readonly missing: readonly number[];
    readonly missingCount: number;
    readonly repeated: readonly number[];
    readonly repeatedCount: number;
    readonly outOfOrderCount: number;
  } {
    const missing: number[] = [];
    let missingCount = 0;
    for (let run = 1; run < this.#firsts.length; run++) {
      const from = (this.#lasts[run - 1] ?? 0) + 1;
      const to = this.#firsts[run] ?? 0;
      missingCount += to - from;
      for (let seq = from; seq < to && missing.length < listed; seq++) missing.push(seq);
    }
    return {
      first: this.#firsts[0] ?? 0,
      last: this.#lasts.at(-1) ?? -1,
      records: this.#records,
      missing,
      missingCount,
      repeated: this.#repeated.slice(0, listed),
      repeatedCount: this.#repeatedCount,
      outOfOrderCount: this.#outOfOrderCount,
    };
  }

  #addLate(seq: number): Arrival {
    const after = this.#firstRunBeyond(seq);
    const before = after - 1;
    const beforeLast = this.#lasts[before] ?? Number.NEGATIVE_INFINITY;
    if (seq <= beforeLast) {
      this.#repeatedCount++;
      if (this.#repeated.length < MAX_REPEATED) this.#repeated.push(seq);
      return "repeat";
    }
    this.#outOfOrderCount++;
    const joinsBefore = seq === beforeLast + 1;
    const joinsAfter = seq + 1 === this.#firsts[after];
    if (joinsBefore && joinsAfter) {
      this.#lasts[before] = this.#lasts[after] ?? seq;
      this.#firsts.splice(after, 1);
      this.#lasts.splice(after, 1);
    } else if (joinsBefore) this.#lasts[before] = seq;
    else if (joinsAfter) this.#firsts[after] = seq;
    else this.#insert(after, seq);
    return "late";
  }

  /** Index of the first run that begins after `seq`. */
  #firstRunBeyond(seq: number): number {
    let low = 0;
    let high = this.#firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#firsts[middle] ?? 0) > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #insert(index: number, seq: number): void {
    this.#firsts.splice(index, 0, seq);
    this.#lasts.splice(index, 0, seq);
  }
}

/** A log that repeats everything must not be kept in memory number by number. */
const MAX_REPEATED = 1_000;
