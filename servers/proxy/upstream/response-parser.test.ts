import { array, assert, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { ResponseParser } from "./response-parser.ts";

/** Feeds the parts and tells the events as text; bodies are joined, as their cuts mean nothing. */
function read(parts: readonly Buffer[], method = "GET"): { events: string[]; body: string; whole: boolean } {
  const events: string[] = [];
  let body = "";
  const parser = new ResponseParser({
    informational: (head) => events.push(`informational ${head.status}`),
    head: (head) =>
      events.push(`head ${head.status} ${head.framing.kind} ${head.keepAlive} ${head.rawHeaders.join("|")}`),
    data: (chunk) => void (body += chunk.toString("latin1")),
    end: (trailers) => events.push(`end ${trailers.join("|")}`),
    upgraded: (head, rest) => events.push(`upgraded ${head.status} ${rest.toString("latin1")}`),
  });
  parser.expect(method, false);
  for (const part of parts) parser.push(part);
  return { events, body, whole: parser.finish() };
}

const ANSWERS = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: \xe9\r\n\r\nhello",
  "HTTP/1.1 200\r\ncontent-length: 0\r\nConnection: Close\r\n\r\n",
  "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA ;q=1\r\n0123456789\r\n0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n00\r\nX-A: 1\r\nX-B: 2\r\n\r\n",
  "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nuntil the end\r\n\r\n",
  "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
];

describe("an answer reads the same however the network cuts it", () => {
  test.each(ANSWERS)("%j", (text) => {
    const bytes = Buffer.from(text, "latin1");
    const expected = read([bytes]);
    expect(expected.whole).toBe(true);
    expect(expected.events.at(-1)).toMatch(/^end /);
    expect(read([...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected);
    const cuts = array(integer({ min: 0, max: bytes.length }), { maxLength: 6 });
    assert(
      property(cuts, (places) => {
        const edges = [0, ...places.toSorted((a, b) => a - b), bytes.length];
        const parts = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
        expect(read(parts.filter((part) => part.length > 0))).toEqual(expected);
      }),
    );
  });
});

test("every beginning of a delimited answer is cut short, and known to be", () => {
  for (const text of ANSWERS.filter((answer) => !answer.startsWith("HTTP/1.0"))) {
    const bytes = Buffer.from(text, "latin1");
    for (let end = 1; end < bytes.length; end++) expect(read([bytes.subarray(0, end)]).whole).toBe(false);
  }
});

test("what bodies there are depends on the method", () => {
  expect(read([Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")], "HEAD")).toMatchObject({
    body: "",
    whole: true,
  });
});

test("bytes behind the answer, a chunk without CRLF and endless heads are errors", () => {
  expect(() => read([Buffer.from("HTTP/1.1 204 No Content\r\n\r\nx")])).toThrow("no bytes between");
  expect(() => read([Buffer.from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc")])).toThrow("CRLF");
  expect(() => read([Buffer.from(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}`)])).toThrow("at most");
});
