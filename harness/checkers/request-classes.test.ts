import { expect, test } from "vitest";
import { load } from "./testing/history-fixture.ts";
import { describeClasses, powerToSee, requestClasses } from "./request-classes.ts";

const kept = load(
  [{}, { reused: true }, { reused: true, method: "POST" }, { reused: true, method: "POST", outcome: "hung" }],
  { connections: "kept-alive" },
);

test("counts each method on each kind of connection apart", () => {
  expect(requestClasses([load([{}, {}, { method: "POST", outcome: "refused" }]), kept])).toEqual([
    { label: "fresh GET", trials: 3, lost: 0 },
    { label: "fresh POST", trials: 1, lost: 1 },
    { label: "reused GET", trials: 1, lost: 0 },
    { label: "reused POST", trials: 2, lost: 1 },
  ]);
});

test("leaves out what is no trial, and classes that do not occur", () => {
  expect(requestClasses([kept], ({ method, reused }) => reused && method === "GET")).toEqual([
    { label: "reused GET", trials: 1, lost: 0 },
  ]);
});

test("states the bound of each", () => {
  expect(describeClasses([{ label: "fresh GET", trials: 3_000, lost: 0 }])).toBe(
    "fresh GET 0 of 3000 lost (below 0.100 %)",
  );
});

test("4,603 requests show a loss of one in a thousand with 99 %", () => {
  expect(powerToSee(1 / 1_000, 4_603)).toBeGreaterThanOrEqual(0.99);
  expect(powerToSee(1 / 1_000, 4_602)).toBeLessThan(0.99);
});
