import { seal, type RecordFields } from "../log-record/record.ts";

/** Writes records in the project's shape as one of possibly several writers of this process. */
export class Journal {
  readonly #writer: string;
  readonly #app: string;
  #seq = 0;

  constructor(app: string, writer: string) {
    this.#app = app;
    this.#writer = `${writer}-${process.pid}-${Math.trunc(performance.timeOrigin)}`;
  }

  /** One record, newline included; `extra` stands before the checksum. */
  record(level: "info" | "warn" | "error", event: string, msg: string, extra: Record<string, unknown> = {}): string {
    const fields: RecordFields = {
      time: new Date().toISOString(),
      level,
      app: this.#app,
      pid: process.pid,
      generation: 0,
      writer: this.#writer,
      seq: this.#seq++,
      event,
      msg,
    };
    return seal(JSON.stringify({ ...fields, ...extra }).slice(0, -1));
  }
}

/** Tells the operator: the supervisor's own log. */
export type Tell = (
  level: "info" | "warn" | "error",
  event: string,
  msg: string,
  extra?: Record<string, unknown>,
) => void;
