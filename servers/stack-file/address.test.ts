import { expect, it } from "vitest";
import { formatAddress, parseAddress } from "./address.ts";

it.each([
  ["127.0.0.1:80", { host: "127.0.0.1", port: 80 }],
  ["localhost:8000", { host: "localhost", port: 8000 }],
  ["[::1]:80", { host: "::1", port: 80 }],
  ["/run/app.sock", { path: "/run/app.sock" }],
] as const)("reads %s and writes it again", (text, address) => {
  expect(parseAddress(text, "/folder")).toEqual(address);
  expect(formatAddress(address)).toBe(text);
});

it("takes a relative path from the folder", () => {
  expect(parseAddress("./app.sock", "/folder")).toEqual({ path: "/folder/app.sock" });
});
