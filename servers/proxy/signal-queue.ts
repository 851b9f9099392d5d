/** Signals in the order of their coming, for one loop to act on; the handlers do nothing but note them. */
export class SignalQueue implements Disposable {
  readonly #signals: readonly NodeJS.Signals[];
  readonly #waiting: NodeJS.Signals[] = [];
  #wake: ((signal: NodeJS.Signals) => void) | undefined;

  constructor(signals: readonly NodeJS.Signals[]) {
    this.#signals = signals;
    for (const signal of signals) process.on(signal, this.#note);
  }

  /** The next signal, whenever it comes. */
  next(): Promise<NodeJS.Signals> {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return Promise.resolve(waiting);
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  [Symbol.dispose](): void {
    for (const signal of this.#signals) process.off(signal, this.#note);
  }

  readonly #note = (signal: NodeJS.Signals): void => {
    const wake = this.#wake;
    this.#wake = undefined;
    if (wake) wake(signal);
    else this.#waiting.push(signal);
  };
}
