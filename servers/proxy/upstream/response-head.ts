/** How an answer's body ends. */
type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "until-close" };

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** Names and values alternate, as they came. */
  readonly rawHeaders: readonly string[];
  readonly framing: Framing;
  /** The upstream leaves the connection open after this answer. */
  readonly keepAlive: boolean;
  /** Milliseconds for which the upstream keeps an idle connection, where it told. */
  readonly idleLimitMs: number | undefined;
}

/** The upstream's answer can't be relayed without guessing where it ends or what it says. */
export class BadAnswerError extends Error {
  override readonly name = "BadAnswerError";
}

/**
 * Reads a head, given without its last empty line. As strict as the proxy is with its clients: a head that two readers
 * could read differently is an error, RFC 9112 sections 2.2, 5 and 6.
 *
 * @throws {BadAnswerError}
 */
export function parseResponseHead(text: string, method: string): ResponseHead {
  const lines = text.split("\r\n");
  const start = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/.exec(lines[0] ?? "");
  if (!start) throw new BadAnswerError(`expected a status line, not ${quote(lines[0])}`);
  const rawHeaders: string[] = [];
  const seen: Seen = { lengths: [], codings: [], connection: [], idleLimitMs: undefined };
  for (let index = 1; index < lines.length; index++) readField(lines[index] ?? "", rawHeaders, seen);
  const minor = Number(start[1]);
  const status = Number(start[2]);
  const framing = framingOf(status, method, minor, seen);
  const persistent = minor === 1 ? !seen.connection.includes("close") : seen.connection.includes("keep-alive");
  return {
    status,
    reason: start[3] ?? "",
    rawHeaders,
    framing,
    keepAlive: persistent && framing.kind !== "until-close",
    idleLimitMs: seen.idleLimitMs,
  };
}

/** Fields of a trailer section, its last empty line left out. */
export function parseFields(text: string): string[] {
  const rawHeaders: string[] = [];
  if (text === "") return rawHeaders;
  const seen: Seen = { lengths: [], codings: [], connection: [], idleLimitMs: undefined };
  for (const line of text.split("\r\n")) readField(line, rawHeaders, seen);
  return rawHeaders;
}

interface Seen {
  readonly lengths: string[];
  readonly codings: string[];
  readonly connection: string[];
  idleLimitMs: number | undefined;
}

function readField(line: string, rawHeaders: string[], seen: Seen): void {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(colon, 0));
  const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw new BadAnswerError(`expected a header field, not ${quote(line)}`);
  }
  rawHeaders.push(name, value);
  switch (name.toLowerCase()) {
    case "content-length":
      seen.lengths.push(value);
      break;
    case "transfer-encoding":
      seen.codings.push(value.toLowerCase());
      break;
    case "connection":
      seen.connection.push(...value.toLowerCase().split(/[ \t]*,[ \t]*/));
      break;
    case "keep-alive": {
      const seconds = /(?:^|[,; ])timeout=(\d{1,8})/i.exec(value)?.[1];
      if (seconds !== undefined) seen.idleLimitMs = Number(seconds) * 1000;
      break;
    }
    default:
  }
}

// RFC 9112 section 6.3, in its order; what it calls "ought to be handled as an error" is one.
function framingOf(status: number, method: string, minor: number, seen: Seen): Framing {
  const { lengths, codings } = seen;
  if (lengths.some((length) => !/^\d{1,15}$/.test(length) || length !== lengths[0])) {
    throw new BadAnswerError(`expected one Content-Length, not ${quote(lengths.join(" and "))}`);
  }
  if (codings.length > 0 && (codings.length > 1 || codings[0] !== "chunked" || minor === 0 || lengths.length > 0)) {
    throw new BadAnswerError(
      `expected "Transfer-Encoding: chunked" alone, on HTTP/1.1, not ${quote(codings.join(", "))}`,
    );
  }
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return { kind: "none" };
  if (codings.length > 0) return { kind: "chunked" };
  if (lengths[0] !== undefined) return { kind: "length", bytes: Number(lengths[0]) };
  return { kind: "until-close" };
}

function quote(text: string | undefined): string {
  return JSON.stringify((text ?? "").slice(0, 80));
}
