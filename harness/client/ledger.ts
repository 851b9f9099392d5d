import type { LedgerRow, LedgerView } from "../spec/history.ts";
import { type Outcome, type OutcomeTally, TRANSPORT_OUTCOMES } from "../spec/outcome.ts";

const PAGE_ROWS = 4096;

const WITH_STATUS = 255;
const CODES = new Map<string, number>(TRANSPORT_OUTCOMES.map((outcome, code) => [outcome, code]));
const UNSENT = TRANSPORT_OUTCOMES.indexOf("unsent");

/** Rows whose received bytes are kept. */
const MAX_EXCERPTS = 200;

const FLAG_REUSED = 1;
const FLAG_CLOSE = 2;
const FLAG_POST = 4;

/** What a driver knows of one exchange when it has ended. */
export type SettledExchange = Omit<LedgerRow, "id" | "intendedMs">;

/** One page of columns: growing adds a page and copies nothing. */
interface Page {
  readonly times: Float64Array;
  readonly numbers: Uint32Array;
  readonly statuses: Uint16Array;
  readonly outcomes: Uint8Array;
  readonly flags: Uint8Array;
}

/** Memory of one row in the columns above. */
export const LEDGER_ROW_BYTES = 4 * 8 + 3 * 4 + 2 + 1 + 1;

/**
 * One row per intended request, in columns. A row is `unsent` from the moment it is intended until it is settled, so
 * the classes sum to the number of intended requests at every moment.
 */
export class Ledger implements LedgerView {
  readonly #idPrefix: string;
  readonly #pages: Page[] = [];
  readonly #excerpts = new Map<number, string>();
  #size = 0;

  constructor(idPrefix: string) {
    this.#idPrefix = idPrefix;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes held by the columns, spare rows of the last page included. */
  get byteLength(): number {
    return this.#pages.length * PAGE_ROWS * LEDGER_ROW_BYTES;
  }

  id(index: number): string {
    return this.#idPrefix + index;
  }

  /** Adds the row of a request intended at `intendedMs`; returns its index. */
  intend(intendedMs: number): number {
    const index = this.#size;
    this.#size += 1;
    if (index % PAGE_ROWS === 0) this.#pages.push(newPage());
    const { times, outcomes } = this.#page(index);
    const at = index % PAGE_ROWS;
    times[at * 4] = intendedMs;
    times.fill(Number.NaN, at * 4 + 1, at * 4 + 4);
    outcomes[at] = UNSENT;
    return index;
  }

  settle(index: number, row: SettledExchange): void {
    const { times, numbers, statuses, outcomes, flags } = this.#page(index);
    const at = index % PAGE_ROWS;
    times[at * 4 + 1] = row.sentMs;
    times[at * 4 + 2] = row.firstByteMs;
    times[at * 4 + 3] = row.doneMs;
    numbers[at * 3] = row.connection;
    numbers[at * 3 + 1] = row.generation;
    numbers[at * 3 + 2] = row.worker;
    statuses[at] = row.status;
    outcomes[at] = CODES.get(row.outcome) ?? WITH_STATUS;
    flags[at] =
      (row.reused ? FLAG_REUSED : 0) | (row.closeAnnounced ? FLAG_CLOSE : 0) | (row.method === "POST" ? FLAG_POST : 0);
    if (row.received !== undefined && this.#excerpts.size < MAX_EXCERPTS) this.#excerpts.set(index, row.received);
  }

  row(index: number): LedgerRow {
    const { times, numbers, statuses, flags } = this.#page(index);
    const at = index % PAGE_ROWS;
    const flag = flags[at] ?? 0;
    const received = this.#excerpts.get(index);
    return {
      id: this.id(index),
      method: (flag & FLAG_POST) === 0 ? "GET" : "POST",
      connection: numbers[at * 3] ?? 0,
      reused: (flag & FLAG_REUSED) !== 0,
      intendedMs: times[at * 4] ?? Number.NaN,
      sentMs: times[at * 4 + 1] ?? Number.NaN,
      firstByteMs: times[at * 4 + 2] ?? Number.NaN,
      doneMs: times[at * 4 + 3] ?? Number.NaN,
      outcome: this.#outcome(index),
      status: statuses[at] ?? 0,
      generation: numbers[at * 3 + 1] ?? 0,
      worker: numbers[at * 3 + 2] ?? 0,
      closeAnnounced: (flag & FLAG_CLOSE) !== 0,
      ...(received !== undefined && { received }),
    };
  }

  *rows(): Iterable<LedgerRow> {
    for (let index = 0; index < this.#size; index++) yield this.row(index);
  }

  tally(): OutcomeTally {
    const tally: Partial<Record<Outcome, number>> = {};
    for (let index = 0; index < this.#size; index++) {
      const outcome = this.#outcome(index);
      tally[outcome] = (tally[outcome] ?? 0) + 1;
    }
    return tally;
  }

  #outcome(index: number): Outcome {
    const { outcomes, statuses } = this.#page(index);
    const at = index % PAGE_ROWS;
    return TRANSPORT_OUTCOMES[outcomes[at] ?? UNSENT] ?? `status-${statuses[at] ?? 0}`;
  }

  #page(index: number): Page {
    const page = this.#pages[Math.floor(index / PAGE_ROWS)];
    if (page === undefined || index >= this.#size || index < 0) {
      throw new RangeError(`ledger row: expected 0 to ${this.#size - 1}, got ${index}`);
    }
    return page;
  }
}

function newPage(): Page {
  return {
    times: new Float64Array(PAGE_ROWS * 4),
    numbers: new Uint32Array(PAGE_ROWS * 3),
    statuses: new Uint16Array(PAGE_ROWS),
    outcomes: new Uint8Array(PAGE_ROWS),
    flags: new Uint8Array(PAGE_ROWS),
  };
}
