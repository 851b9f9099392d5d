/** Promises that resolve when a count is reached, or when it can't be any more. */
export class Milestones {
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  #count = 0;
  #ended = false;

  reached(count: number): Promise<void> {
    if (this.#ended || this.#count >= count) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ count, resolve });
    this.#waiting.sort((a, b) => a.count - b.count);
    return promise;
  }

  /** Like {@link reached}, counted from now on. */
  further(count: number): Promise<void> {
    return this.reached(this.#count + count);
  }

  passed(count: number): void {
    this.#count = count;
    while (this.#waiting[0] !== undefined && this.#waiting[0].count <= count) this.#waiting.shift()?.resolve();
  }

  end(): void {
    this.#ended = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }
}
