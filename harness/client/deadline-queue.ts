import type { Clock } from "./load-options.ts";

/** Something that must be over by its deadline. */
interface Bounded {
  readonly over: boolean;
}

/**
 * One timer for all that have the same bound. Starts come in order, so deadlines do as well, and most entries are
 * over when they are looked at: adding one forgets those before it.
 */
export class DeadlineQueue<T extends Bounded> {
  readonly #limitMs: number;
  readonly #clock: Clock;
  readonly #expire: (item: T) => void;
  #items: { readonly item: T; readonly deadlineMs: number }[] = [];
  #first = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number, clock: Clock, expire: (item: T) => void) {
    this.#limitMs = limitMs;
    this.#clock = clock;
    this.#expire = expire;
  }

  add(item: T, startedMs: number): void {
    this.#forgetOver();
    this.#items.push({ item, deadlineMs: startedMs + this.#limitMs });
    if (this.#timer === undefined) this.#arm();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#items = [];
    this.#first = 0;
  }

  #arm(): void {
    const next = this.#items[this.#first];
    if (next === undefined) return;
    const delayMs = Math.max(0, Math.ceil(next.deadlineMs - this.#clock.now()));
    this.#timer = setTimeout(() => this.#sweep(), delayMs);
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (;;) {
      this.#forgetOver();
      const next = this.#items[this.#first];
      if (next === undefined || next.deadlineMs > now) break;
      this.#first += 1;
      this.#expire(next.item);
    }
    // An expiry may have added an item, and with it a timer.
    if (this.#timer === undefined) this.#arm();
  }

  #forgetOver(): void {
    while (this.#items[this.#first]?.item.over === true) this.#first += 1;
    if (this.#first > 1024 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
  }
}
