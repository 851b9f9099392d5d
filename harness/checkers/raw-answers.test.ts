import { expect, test } from "vitest";
import { announcesClose, generationIn, rawAnswers, workerIn } from "./raw-answers.ts";

const answer = (body: string, extra = "") =>
  `HTTP/1.1 200 OK\r\nX-Hupspec-Generation: 3\r\nx-hupspec-worker: 77\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`;

test("answers of one connection are told apart, interim ones left out", () => {
  const text = `HTTP/1.1 100 Continue\r\n\r\n${answer("one")}${answer("two", "Connection: close\r\n")}`;
  const found = rawAnswers(text);
  expect(found.map(({ body, complete }) => [body, complete])).toEqual([
    ["one", true],
    ["two", true],
  ]);
  expect(found.map(announcesClose)).toEqual([false, true]);
  expect(found.map(generationIn)).toEqual([3, 3]);
  expect(found.map(workerIn)).toEqual([77, 77]);
});

test("what breaks off is incomplete", () => {
  for (const cut of [1, 5, 40, answer("one").length - 1]) {
    expect(rawAnswers(answer("one").slice(0, cut)).map(({ complete }) => complete)).toEqual([false]);
  }
  expect(rawAnswers("")).toEqual([]);
});

test("chunks are put together; only the last one completes", () => {
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const chunks = "4\r\nabcd\r\n2;x=y\r\nef\r\n";
  expect(rawAnswers(`${head}${chunks}0\r\n\r\n`)).toMatchObject([{ body: "abcdef", complete: true }]);
  expect(rawAnswers(`${head}${chunks}`)).toMatchObject([{ body: "abcdef", complete: false }]);
  expect(rawAnswers(`${head}4\r\nab`)).toMatchObject([{ body: "ab", complete: false }]);
});

test("without a length only the end of the connection ends it", () => {
  expect(rawAnswers("HTTP/1.1 200 OK\r\n\r\nabc")).toMatchObject([{ body: "abc", complete: false }]);
});
