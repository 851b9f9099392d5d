import type { RequestLogFacts, RequestLogView } from "../spec/history.ts";

/**
 * What the log says of each request: one map entry and four numbers in typed arrays an id, because a run may have a
 * million of them.
 */
export class RequestTally implements RequestLogView {
  readonly #index = new Map<string, number>();
  #counts = new Uint32Array(3 * 1024);
  #recordBytes = new Float64Array(1024);

  get size(): number {
    return this.#index.size;
  }

  /** Counts a record; `bytes` is the size of its line, newline included. */
  add(id: string, event: string, bytes: number): void {
    let index = this.#index.get(id);
    if (index === undefined) {
      index = this.#index.size;
      this.#index.set(id, index);
      if (index === this.#recordBytes.length) this.#grow();
    }
    if (event === "received") this.#counts[3 * index] = (this.#counts[3 * index] ?? 0) + 1;
    else if (event === "answered") this.#counts[3 * index + 1] = (this.#counts[3 * index + 1] ?? 0) + 1;
    else if (event === "record") {
      this.#counts[3 * index + 2] = (this.#counts[3 * index + 2] ?? 0) + 1;
      this.#recordBytes[index] = (this.#recordBytes[index] ?? 0) + bytes;
    }
  }

  get(id: string): RequestLogFacts | undefined {
    const index = this.#index.get(id);
    if (index === undefined) return undefined;
    return {
      received: this.#counts[3 * index] ?? 0,
      answered: this.#counts[3 * index + 1] ?? 0,
      records: this.#counts[3 * index + 2] ?? 0,
      recordBytes: this.#recordBytes[index] ?? 0,
    };
  }

  ids(): Iterable<string> {
    return this.#index.keys();
  }

  #grow(): void {
    const counts = new Uint32Array(this.#counts.length * 2);
    counts.set(this.#counts);
    this.#counts = counts;
    const recordBytes = new Float64Array(this.#recordBytes.length * 2);
    recordBytes.set(this.#recordBytes);
    this.#recordBytes = recordBytes;
  }
}
