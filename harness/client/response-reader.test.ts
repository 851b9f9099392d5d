import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FramingViolation, type ResponseHead, ResponseReader, type ResponseSink } from "./response-reader.ts";

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly closes: boolean;
}

/** Reads everything and says what came: whole answers, then how it ended. */
function read(chunks: readonly Buffer[], methods: readonly string[], ends = true) {
  const answers: Answer[] = [];
  const waiting = [...methods];
  let head: ResponseHead | undefined;
  let body = "";
  let violation: FramingViolation | undefined;
  const sink: ResponseSink = {
    awaited: () => waiting[0],
    head: (value) => {
      head = value;
    },
    body: (bytes, start, end) => {
      body += bytes.toString("latin1", start, end);
    },
    complete: () => {
      waiting.shift();
      answers.push({ status: head?.status ?? 0, body, closes: head?.closes ?? false });
      body = "";
    },
    violation: (value) => {
      violation = value;
    },
  };
  const reader = new ResponseReader(sink);
  for (const chunk of chunks) reader.push(chunk);
  const whole = violation === undefined && ends ? reader.end() : undefined;
  return { answers, violation, whole };
}

function readText(text: string, method = "GET") {
  return read([Buffer.from(text, "latin1")], [method]);
}

const violations: readonly [string, FramingViolation, string][] = [
  ["a status line of another protocol", "bad-status-line", "ICY 200 OK\r\n\r\n"],
  ["a status of two digits", "bad-status-line", "HTTP/1.1 20 OK\r\n\r\n"],
  ["HTTP/2 in text", "bad-status-line", "HTTP/2.0 200 OK\r\n\r\n"],
  ["a line feed alone", "bare-line-end", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"],
  ["a carriage return alone", "bare-line-end", "HTTP/1.1 200 OK\r\nA: b\rContent-Length: 0\r\n\r\n"],
  ["a space before the colon", "bad-field", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n"],
  ["a folded line", "bad-field", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"],
  ["a field without a colon", "bad-field", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"],
  ["a signed length", "bad-content-length", "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na"],
  ["two lengths", "bad-content-length", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"],
  [
    "length and encoding",
    "length-and-transfer-encoding",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["an unknown encoding", "bad-transfer-encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"],
  ["chunks in HTTP/1.0", "bad-transfer-encoding", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["a chunk size in words", "bad-chunk-size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
  ["an empty chunk size", "bad-chunk-size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n"],
  [
    "a chunk that goes on",
    "bad-chunk-end",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
  ],
  ["an upgrade nobody asked for", "unexpected-upgrade", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
  ["an endless line", "head-too-large", `HTTP/1.1 200 OK\r\nA: ${"b".repeat(20_000)}`],
  ["an endless head", "head-too-large", `HTTP/1.1 200 OK\r\n${`A: ${"b".repeat(10_000)}\r\n`.repeat(8)}\r\n`],
  ["a second answer", "unexpected-bytes", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n"],
];

describe("framing", () => {
  test.each(violations)("%s is told as %s, wherever the bytes are cut", (_, kind, text) => {
    expect(readText(text).violation).toBe(kind);
    const single = Array.from(text, (letter) => Buffer.from(letter, "latin1"));
    expect(read(single, ["GET"]).violation).toBe(kind);
  });

  test.each([
    ["a length", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc"],
    ["no length, to the end", "HTTP/1.1 200 OK\r\n\r\nabc", "abc"],
    [
      "chunks, an extension and a trailer",
      "HTTP/1.1 200\r\nTransfer-Encoding: Chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nT: u\r\n\r\n",
      "abc",
    ],
    [
      "an interim answer",
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
      "a",
    ],
    ["status 204", "HTTP/1.1 204 No Content\r\n\r\n", ""],
    [
      "status 304 with the length of what it does not send",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
      "",
    ],
  ])("a body by %s is whole", (_, text, body) => {
    const { answers, violation, whole } = readText(text);
    expect({ violation, whole, bodies: answers.map((answer) => answer.body) }).toEqual({
      violation: undefined,
      whole: true,
      bodies: [body],
    });
  });

  test("an answer to HEAD has no body, whatever its length says", () => {
    expect(readText("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD").answers).toHaveLength(1);
  });

  test.each([
    ["in the head", "HTTP/1.1 200 OK\r\nContent-Le"],
    ["in the body", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"],
    ["between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"],
    ["in the trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"],
  ])("the end of the connection %s truncates", (_, text) => {
    const { answers, whole } = readText(text);
    expect({ answers, whole }).toEqual({ answers: [], whole: false });
  });

  test.each([
    ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false],
    ["HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 0\r\n\r\n", true],
    ["HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", true],
    ["HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", false],
  ])("%j closes: %s", (text, closes) => {
    expect(readText(text).answers[0]?.closes).toBe(closes);
  });
});

const body = fc.string({ unit: "binary-ascii", maxLength: 200 });
const answer = fc.oneof(
  body.map((text) => ({ text: `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`, body: text })),
  fc
    .array(
      body.filter((part) => part !== ""),
      { maxLength: 5 },
    )
    .map((parts) => ({
      text: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${parts
        .map((part) => `${part.length.toString(16)}\r\n${part}\r\n`)
        .join("")}0\r\nTrailer: x\r\n\r\n`,
      body: parts.join(""),
    })),
  fc.constant({ text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", body: "" }),
);

describe("chunking", () => {
  test("answers in a row are the same wherever the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(answer, { minLength: 1, maxLength: 5 }), fc.infiniteStream(fc.nat(40)), (list, cuts) => {
        const methods = list.map(() => "GET");
        const result = read(cut(list.map(({ text }) => text).join(""), cuts), methods);
        expect(result.answers.map((one) => one.body)).toEqual(list.map((one) => one.body));
        expect(result.whole).toBe(true);
      }),
    );
  });

  test("damaged bytes are told the same wherever they are cut, and nothing throws", () => {
    fc.assert(
      fc.property(answer, fc.nat(60), fc.nat(255), fc.infiniteStream(fc.nat(40)), ({ text }, at, byte, cuts) => {
        const bytes = Buffer.from(text, "latin1");
        bytes[at % bytes.length] = byte;
        const damaged = bytes.toString("latin1");
        expect(read(cut(damaged, cuts), ["GET"])).toEqual(read([bytes], ["GET"]));
      }),
    );
  });
});

function cut(text: string, lengths: Iterable<number>): Buffer[] {
  const chunks = [];
  let at = 0;
  for (const length of lengths) {
    chunks.push(Buffer.from(text.slice(at, at + length + 1), "latin1"));
    at += length + 1;
    if (at >= text.length) break;
  }
  return chunks;
}
