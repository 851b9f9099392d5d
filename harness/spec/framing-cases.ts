/*
 * Raw requests for `proxy/framing-strict`, one row per input: those that two readers could read in two ways, and those that every
 * server has to take. In each, `{host}` stands for the Host field's value, `{id}` for an id, `{length}` for the number of bytes behind
 * the head, the request that follows included.
 */

export interface FramingCase {
  readonly slug: string;
  /** Of RFC 9112 unless it says otherwise. */
  readonly clause: string;
  /**
   * `take`: valid, and answered with a 2xx · `refuse`: the clause leaves no choice, a 2xx breaks it · `mend`: to be refused, or passed on
   * in a form that can be read in one way only.
   */
  readonly due: "take" | "refuse" | "mend";
  /** Where this request ends is in doubt: what follows on the connection must not be run as a request. */
  readonly endInDoubt?: true;
  readonly request: string;
}

const GET = "GET / HTTP/1.1\r\nHost: {host}\r\nx-hupspec-id: {id}\r\n";
const POST = "POST /digest HTTP/1.1\r\nHost: {host}\r\nx-hupspec-id: {id}\r\n";
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;
const LAST = "Connection: close\r\n";

/** Valid ones end their connection, so that nobody has to wait for a keep-alive limit. */
const TAKEN: readonly FramingCase[] = [
  { slug: "get", clause: "section 3", due: "take", request: `${GET}${LAST}\r\n` },
  { slug: "length", clause: "section 6.2", due: "take", request: `${POST}${LAST}Content-Length: 5\r\n\r\nhello` },
  {
    slug: "chunked",
    clause: "section 7.1",
    due: "take",
    request: `${POST}${LAST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  },
  {
    slug: "coding-in-capitals",
    clause: "section 7",
    due: "take",
    request: `${POST}${LAST}Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  },
  {
    slug: "chunk-size-in-hex",
    clause: "section 7.1",
    due: "take",
    request: `${POST}${LAST}Transfer-Encoding: chunked\r\n\r\n00A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n`,
  },
  {
    slug: "chunk-extension",
    clause: "section 7.1.1",
    due: "take",
    request: `${POST}${LAST}Transfer-Encoding: chunked\r\n\r\n5;a=b;c="d"\r\nhello\r\n0\r\n\r\n`,
  },
  {
    slug: "trailer",
    clause: "section 7.1.2",
    due: "take",
    request: `${POST}${LAST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`,
  },
  { slug: "empty-value", clause: "section 5", due: "take", request: `${GET}X-Empty:\r\nX-Space:   \t\r\n${LAST}\r\n` },
  {
    slug: "absolute-target",
    clause: "section 3.2.2",
    due: "take",
    request: `GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\nx-hupspec-id: {id}\r\n${LAST}\r\n`,
  },
  {
    slug: "long-field",
    clause: "section 5",
    due: "take",
    request: `${GET}Cookie: ${"c".repeat(4_000)}\r\n${LAST}\r\n`,
  },
];

/** A body's length said twice, or in a way that is not its own. */
const LENGTHS: readonly FramingCase[] = [
  ...(
    [
      ["length-then-coding", "section 6.1", "Content-Length: {length}\r\nTransfer-Encoding: chunked"],
      ["coding-then-length", "section 6.1", "Transfer-Encoding: chunked\r\nContent-Length: {length}"],
      ["coding-on-http-1.0", "section 6.1", "Transfer-Encoding: chunked"],
    ] as const
  ).map(([slug, clause, fields]): FramingCase => ({
    slug,
    clause,
    due: "mend",
    endInDoubt: true,
    request: `${slug.endsWith("1.0") ? POST.replace("1.1", "1.0") : POST}${fields}\r\n\r\n0\r\n\r\n`,
  })),
  ...(
    [
      ["other-coding", "Transfer-Encoding: xchunked"],
      ["chunked-not-last", "Transfer-Encoding: chunked, identity"],
      ["chunked-in-quotes", 'Transfer-Encoding: "chunked"'],
    ] as const
  ).map(([slug, field]): FramingCase => ({
    slug,
    clause: "section 6.3, rule 4",
    due: "refuse",
    endInDoubt: true,
    request: `${POST}${field}\r\n\r\n0\r\n\r\n`,
  })),
  ...(
    [
      ["chunked-twice", "Transfer-Encoding: chunked, chunked"],
      ["chunked-and-other-field", "Transfer-Encoding: chunked\r\nTransfer-Encoding: xchunked"],
      ["coding-behind-vertical-tab", "Transfer-Encoding: \x0bchunked"],
    ] as const
  ).map(([slug, field]): FramingCase => ({
    slug,
    clause: "section 6.1",
    due: "mend",
    endInDoubt: true,
    request: `${POST}${field}\r\nContent-Length: {length}\r\n\r\n0\r\n\r\n`,
  })),
  {
    slug: "empty-coding",
    clause: "section 6.1; RFC 9110, section 5.6.1",
    due: "mend",
    request: `${POST}Transfer-Encoding: , chunked\r\n\r\n0\r\n\r\n`,
  },
  ...(
    [
      ["lengths-differ", "Content-Length: 5\r\nContent-Length: {length}"],
      ["lengths-differ-in-list", "Content-Length: 5, {length}"],
      ["length-signed", "Content-Length: +5"],
      ["length-negative", "Content-Length: -5"],
      ["length-in-hex", "Content-Length: 0x5"],
      ["length-with-fraction", "Content-Length: 5.0"],
      ["length-in-two-words", "Content-Length: 5 5"],
      ["length-empty", "Content-Length: "],
    ] as const
  ).map(([slug, fields]): FramingCase => ({
    slug,
    clause: "section 6.3, rule 5",
    due: "refuse",
    endInDoubt: true,
    request: `${POST}${fields}\r\n\r\nhello`,
  })),
  // Valid, however large: to pass it on is as good as to refuse it, and to take what follows for a request is neither.
  {
    slug: "length-beyond-64-bits",
    clause: "section 6.3; RFC 9110, section 8.6",
    due: "mend",
    endInDoubt: true,
    request: `${POST}Content-Length: 18446744073709551621\r\n\r\nhello`,
  },
  {
    slug: "lengths-equal",
    clause: "section 6.3, rule 5",
    due: "mend",
    request: `${POST}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
  },
];

const CHUNKS: readonly FramingCase[] = (
  [
    ["chunk-size-with-0x", "0x5\r\nhello\r\n0\r\n\r\n"],
    ["chunk-size-signed", "+5\r\nhello\r\n0\r\n\r\n"],
    ["chunk-size-negative", "-5\r\nhello\r\n0\r\n\r\n"],
    ["chunk-size-no-number", "hello\r\nhello\r\n0\r\n\r\n"],
    ["chunk-size-beyond-64-bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"],
    ["chunk-size-empty", "\r\nhello\r\n0\r\n\r\n"],
    ["chunk-longer-than-it-says", "5\r\nhello, world\r\n0\r\n\r\n"],
    ["chunk-extension-with-lf", "5;a=\nb\r\nhello\r\n0\r\n\r\n"],
    ["chunk-size-space-inside", "0 5\r\nhello\r\n0\r\n\r\n"],
  ] as const
).map(([slug, body]) => ({
  slug,
  clause: "section 7.1",
  due: "mend",
  endInDoubt: true,
  request: `${CHUNKED}${body}`,
}));

const FIELDS: readonly FramingCase[] = [
  {
    slug: "chunk-extension-with-cr",
    clause: "section 2.2",
    due: "mend",
    request: `${CHUNKED}5;a=\rb\r\nhello\r\n0\r\n\r\n`,
  },
  {
    slug: "space-before-colon",
    clause: "section 5.1",
    due: "refuse",
    endInDoubt: true,
    request: `${POST}Content-Length : {length}\r\n\r\n`,
  },
  {
    slug: "space-before-colon-of-coding",
    clause: "section 5.1",
    due: "refuse",
    endInDoubt: true,
    request: `${POST}Content-Length: {length}\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
  },
  ...(
    [
      ["space-in-name", "section 5.1", `${GET}X Y: a\r\n\r\n`],
      ["name-empty", "section 5", `${GET}: a\r\n\r\n`],
      ["no-colon", "section 5", `${GET}X-Y\r\n\r\n`],
      ["folded-line", "section 5.2", `${GET}X-Y: a\r\n b\r\n\r\n`],
      ["space-before-first-field", "section 2.2", GET.replace("Host", " X-Y: a\r\nHost").concat("\r\n")],
      ["bare-lf", "section 2.2", `${GET}X-Y: a\nX-Z: b\r\n\r\n`],
      ["bare-lf-throughout", "section 2.2", `${GET}\r\n`.replaceAll("\r", "")],
      ["bare-cr", "section 2.2", `${GET}X-Y: a\rX-Z: b\r\n\r\n`],
      ["nul-in-value", "RFC 9110, section 5.5", `${GET}X-Y: a\0b\r\n\r\n`],
      ["head-of-1-mib", "section 5; RFC 9110, section 5.4", `${GET}X-Y: ${"y".repeat(1024 * 1024)}\r\n\r\n`],
    ] as const
  ).map(([slug, clause, request]): FramingCase => ({ slug, clause, due: "mend", request })),
];

const START_LINES: readonly FramingCase[] = (
  [
    ["two-hosts", "section 3.2", "refuse", `${GET}Host: other.invalid\r\n\r\n`],
    ["no-host", "section 3.2", "refuse", "GET / HTTP/1.1\r\nx-hupspec-id: {id}\r\n\r\n"],
    ["host-with-space", "section 3.2", "refuse", GET.replace("{host}", "a b").concat("\r\n")],
    ["host-with-path", "section 3.2", "refuse", GET.replace("{host}", "{host}/b").concat("\r\n")],
    ["other-host-in-target", "section 3.2.2", "mend", GET.replace(" /", " http://other.invalid/").concat("\r\n")],
    ["two-spaces", "section 3", "mend", GET.replace(" / ", "  / ").concat("\r\n")],
    ["space-in-target", "section 3.2", "mend", GET.replace(" / ", " /a b ").concat("\r\n")],
    ["tab-in-start-line", "section 3", "mend", GET.replace(" / ", "\t/\t").concat("\r\n")],
    ["no-version", "section 3", "mend", GET.replace(" HTTP/1.1", "").concat("\r\n")],
    ["version-in-small-letters", "section 2.3", "mend", GET.replace("HTTP", "http").concat("\r\n")],
  ] as const
).map(([slug, clause, due, request]) => ({ slug, clause, due, request }));

export const FRAMING_CASES: readonly FramingCase[] = [...TAKEN, ...LENGTHS, ...CHUNKS, ...FIELDS, ...START_LINES];

/** The bytes of a case; `behind` is the id of the ordinary request that follows, which valid ones go without. */
export function framingBytes(
  { request, due }: FramingCase,
  names: { readonly host: string; readonly id: string; readonly behind: string },
): string {
  const next = due === "take" ? "" : `GET / HTTP/1.1\r\nHost: ${names.host}\r\nx-hupspec-id: ${names.behind}\r\n\r\n`;
  const filled = request.replaceAll("{host}", names.host).replaceAll("{id}", names.id) + next;
  const length = filled.length - filled.indexOf("\r\n\r\n") - 4;
  return filled.replaceAll("{length}", String(length));
}

/** The id of the request that follows the one with `id`. */
export function idBehind(id: string): string {
  return `${id}-behind`;
}
