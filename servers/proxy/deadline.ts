/**
 * A time limit that is moved often and seldom reached: moving it costs a clock reading, not a timer. It fires at most once
 * per `set`.
 */
export class Deadline {
  readonly #expired: () => void;
  #timer: NodeJS.Timeout | undefined;
  #firesAtMs = 0;
  #expiresAtMs = Number.POSITIVE_INFINITY;

  constructor(expired: () => void) {
    this.#expired = expired;
  }

  /** From now on; 0 lifts the limit. */
  set(ms: number): void {
    const nowMs = performance.now();
    this.#expiresAtMs = ms > 0 ? nowMs + ms : Number.POSITIVE_INFINITY;
    if (ms > 0 && (this.#timer === undefined || this.#firesAtMs > this.#expiresAtMs)) this.#arm(nowMs);
  }

  clear(): void {
    this.#expiresAtMs = Number.POSITIVE_INFINITY;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(nowMs: number): void {
    clearTimeout(this.#timer);
    this.#firesAtMs = this.#expiresAtMs;
    this.#timer = setTimeout(() => this.#fire(), Math.ceil(this.#expiresAtMs - nowMs));
  }

  #fire(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    if (this.#expiresAtMs === Number.POSITIVE_INFINITY) return;
    if (nowMs < this.#expiresAtMs) {
      this.#arm(nowMs);
      return;
    }
    this.#expiresAtMs = Number.POSITIVE_INFINITY;
    this.#expired();
  }
}
