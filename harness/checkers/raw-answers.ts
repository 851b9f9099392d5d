/** One HTTP/1.1 answer as it stood in the raw bytes of a connection (Latin-1). */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Without the framing of chunks. */
  readonly body: string;
  /** Its own framing says that it has ended; without any, the end of the connection has to. */
  readonly complete: boolean;
}

/** What stands in `text`, answer by answer, interim ones left out; the last may be incomplete. */
export function rawAnswers(text: string): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  while (rest.length > 0) {
    const headEnd = rest.indexOf("\r\n\r\n");
    if (headEnd === -1) {
      answers.push({ ...headOf(rest), body: "", complete: false });
      break;
    }
    const head = headOf(rest.slice(0, headEnd));
    rest = rest.slice(headEnd + 4);
    if (head.status >= 100 && head.status < 200 && head.status !== 101) continue;
    const { body, complete, used } = bodyOf(head.headers, rest);
    answers.push({ ...head, body, complete });
    if (!complete) break;
    rest = rest.slice(used);
  }
  return answers;
}

/** 0 where the answer has no such number. */
export function generationIn({ headers }: RawAnswer): number {
  return Number.parseInt(headers.get("x-hupspec-generation") ?? "0", 10) || 0;
}

export function workerIn({ headers }: RawAnswer): number {
  return Number.parseInt(headers.get("x-hupspec-worker") ?? "0", 10) || 0;
}

export function announcesClose({ headers }: RawAnswer): boolean {
  return /\bclose\b/i.test(headers.get("connection") ?? "");
}

function headOf(text: string): Pick<RawAnswer, "status" | "headers"> {
  const [first = "", ...fields] = text.split("\r\n");
  const headers = new Map(
    fields.map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const;
    }),
  );
  return { status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? 0), headers };
}

interface RawBody {
  readonly body: string;
  readonly complete: boolean;
  /** Bytes of `rest` that belong to it. */
  readonly used: number;
}

function bodyOf(headers: ReadonlyMap<string, string>, rest: string): RawBody {
  const length = headers.get("content-length");
  if (length !== undefined) {
    const bytes = Number(length);
    return { body: rest.slice(0, bytes), complete: rest.length >= bytes, used: bytes };
  }
  if (/\bchunked\b/i.test(headers.get("transfer-encoding") ?? "")) return chunksOf(rest);
  return { body: rest, complete: false, used: rest.length };
}

function chunksOf(rest: string): RawBody {
  let body = "";
  let at = 0;
  for (;;) {
    const size = /^([0-9a-f]+)[^\r\n]*\r\n/i.exec(rest.slice(at));
    if (!size) return { body, complete: false, used: rest.length };
    const bytes = Number.parseInt(size[1] ?? "0", 16);
    const from = at + size[0].length;
    if (bytes === 0) return { body, complete: rest.startsWith("\r\n", from), used: from + 2 };
    body += rest.slice(from, from + bytes);
    if (rest.length < from + bytes + 2) return { body, complete: false, used: rest.length };
    at = from + bytes + 2;
  }
}
