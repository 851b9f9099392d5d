import { createHash } from "node:crypto";
import type { Outcome } from "../spec/outcome.ts";
import type { Expectation } from "./load-options.ts";
import type { ResponseHead } from "./response-reader.ts";

/** Longer text and JSON than this is wrong under the contract, and not retained. */
const MAX_RETAINED_BYTES = 64 * 1024;
const PATTERN = Buffer.from("0123456789abcdef".repeat(4096));

type Content =
  | { readonly kind: "any" }
  | { readonly kind: "json" }
  | { readonly kind: "pattern"; readonly length: number }
  | { readonly kind: "chunks"; readonly count: number }
  | { readonly kind: "digest" };

/** Judges one answer while it comes in; retains small JSON and text only. */
export class AnswerCheck {
  readonly #expect: Expectation;
  readonly #content: Content;
  readonly #id: string;
  readonly #sent: Uint8Array | undefined;
  #status = 0;
  #right = true;
  #length = 0;
  #retained: Buffer | undefined;
  #kept: Buffer[] | undefined;

  constructor(expect: Expectation, path: string, id: string, sent: Uint8Array | undefined) {
    this.#expect = expect;
    this.#content = expect === "contract" ? contentOf(path) : { kind: "any" };
    this.#id = id;
    this.#sent = sent;
  }

  head(head: ResponseHead): void {
    this.#status = head.status;
    if (this.#expect === "contract" && head.headers.get("x-hupspec-id") !== this.#id) this.#right = false;
  }

  body(bytes: Buffer, start: number, end: number): void {
    const offset = this.#length;
    this.#length += end - start;
    if (offset < MAX_RETAINED_BYTES) this.#kept?.push(Buffer.from(bytes.subarray(start, end)));
    const { kind } = this.#content;
    if (!this.#right || kind === "any" || !isGood(this.#status)) return;
    if (kind === "pattern") this.#right = followsPattern(bytes, start, end, offset);
    else this.#retain(bytes, start, end);
  }

  /** From now on the beginning of the body is kept, whatever the expectation. */
  keepBody(): void {
    this.#kept = [];
  }

  /** At most 64 KiB. */
  keptBody(): Buffer {
    return Buffer.concat(this.#kept ?? []).subarray(0, MAX_RETAINED_BYTES);
  }

  /** The answer is complete in its framing. */
  outcome(): Outcome {
    const status: Outcome = `status-${this.#status}`;
    if (this.#expect !== "contract") return this.#status === this.#expect.status ? "ok" : status;
    if (!isGood(this.#status)) return status;
    return this.#right && this.#contentRight() ? "ok" : "wrong-answer";
  }

  /** 0 where the header is missing or does not begin with digits. */
  generationOf(head: ResponseHead): number {
    const name = this.#expect === "contract" ? "x-hupspec-generation" : this.#expect.generationHeader?.toLowerCase();
    const text = name === undefined ? undefined : head.headers.get(name);
    const numberOf = this.#expect === "contract" ? undefined : this.#expect.numberOf;
    return text === undefined || numberOf === undefined ? leadingInteger(text) : numberOf(text);
  }

  workerOf(head: ResponseHead): number {
    return leadingInteger(head.headers.get("x-hupspec-worker"));
  }

  #retain(bytes: Buffer, start: number, end: number): void {
    if (this.#length > MAX_RETAINED_BYTES) {
      this.#right = false;
      this.#retained = undefined;
      return;
    }
    // The bytes lie in a buffer that the next read overwrites.
    const copy = Buffer.from(bytes.subarray(start, end));
    this.#retained = this.#retained === undefined ? copy : Buffer.concat([this.#retained, copy]);
  }

  #contentRight(): boolean {
    const text = this.#retained?.toString("utf8") ?? "";
    switch (this.#content.kind) {
      case "any":
        return true;
      case "pattern":
        return this.#length === this.#content.length;
      case "chunks":
        return isChunkList(text, this.#content.count);
      case "digest":
        return this.#digestRight(fieldsOf(text));
      default:
        return fieldsOf(text)?.["id"] === this.#id;
    }
  }

  #digestRight(answer: Record<string, unknown> | undefined): boolean {
    const sent = this.#sent ?? Buffer.alloc(0);
    const sha256 = createHash("sha256").update(sent).digest("hex");
    return answer?.["length"] === sent.length && answer["sha256"] === sha256;
  }
}

/** What the contract promises for a path; routes that it does not name answer as `/` does. */
function contentOf(path: string): Content {
  const query = path.indexOf("?");
  if (query === -1) return path === "/digest" ? { kind: "digest" } : { kind: "json" };
  const parameters = new URLSearchParams(path.slice(query + 1));
  switch (path.slice(0, query)) {
    case "/bytes":
      return { kind: "pattern", length: Number(parameters.get("n")) };
    case "/stream":
      return { kind: "chunks", count: Number(parameters.get("chunks")) };
    case "/digest":
      return { kind: "digest" };
    default:
      return { kind: "json" };
  }
}

function followsPattern(bytes: Buffer, start: number, end: number, offset: number): boolean {
  let at = start;
  while (at < end) {
    const phase = (offset + at - start) % 16;
    const length = Math.min(end - at, PATTERN.length - phase);
    if (bytes.compare(PATTERN, phase, phase + length, at, at + length) !== 0) return false;
    at += length;
  }
  return true;
}

/** Lines `chunk I of N`, consecutive, N of them, wherever the count starts. */
function isChunkList(text: string, count: number): boolean {
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.length !== count) return false;
  const first = /^chunk ([01]) of /.exec(lines[0] ?? "")?.[1];
  return count === 0 || lines.every((line, index) => line === `chunk ${Number(first) + index} of ${count}`);
}

function fieldsOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Not JSON: the caller finds the field missing.
    return undefined;
  }
}

function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}

function leadingInteger(text: string | undefined): number {
  const value = Number.parseInt(text ?? "", 10);
  return value >= 0 && value <= 0xffff_ffff ? value : 0;
}
