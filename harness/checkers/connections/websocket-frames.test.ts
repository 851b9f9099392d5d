import { expect, test } from "vitest";
import { closeCodeIn } from "./websocket-frames.ts";

const handshake = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

test("the code of the close frame, behind frames of any length", () => {
  const long = `\x81\x7e\x01\x00${"x".repeat(256)}`;
  expect(closeCodeIn(`${handshake}\x81\x04ping${long}\x88\x02\x03\xe9`)).toBe(1001);
  expect(closeCodeIn(`${handshake}\x88\x06\x03\xf4bye!`)).toBe(1012);
});

test("none where there is none", () => {
  expect(closeCodeIn(`${handshake}\x81\x04ping`)).toBeUndefined();
  expect(closeCodeIn(`${handshake}\x88\x00`)).toBeUndefined();
  expect(closeCodeIn(`${handshake}\x88\x02\x03`)).toBeUndefined();
  expect(closeCodeIn("HTTP/1.1 404 Not Found\r\n\r\n\x88\x02\x03\xe9")).toBeUndefined();
  expect(closeCodeIn("")).toBeUndefined();
});
