import { expect, test } from "vitest";
import { dealSockets, ownSocketFor, type Seat } from "./sockets.ts";

const seat = (worker: number, own: number, cohort = 0): Seat => ({ worker, cohort, own });
const deal = (seats: readonly Seat[], sockets: number) => Object.fromEntries(dealSockets(seats, sockets));

test("one socket is everybody's", () => {
  expect(deal([seat(1, 0), seat(2, 0)], 1)).toEqual({ 1: [], 2: [] });
  expect(ownSocketFor(0, [seat(1, 0)], 1)).toBe(0);
});

test("each worker of a cohort has its own, and beyond that they share", () => {
  expect(ownSocketFor(0, [], 2)).toBe(0);
  expect(ownSocketFor(0, [seat(1, 0)], 2)).toBe(1);
  expect(ownSocketFor(0, [seat(1, 0), seat(2, 1)], 2)).toBe(0);
  expect(ownSocketFor(1, [seat(1, 0), seat(2, 1)], 2)).toBe(0);
});

test("a socket without a worker is another's until its own is there", () => {
  expect(deal([seat(1, 0)], 3)).toEqual({ 1: [1, 2] });
  expect(deal([seat(1, 0), seat(3, 2)], 3)).toEqual({ 1: [1], 3: [] });
  expect(deal([seat(1, 0), seat(3, 2), seat(4, 1)], 3)).toEqual({ 1: [], 3: [], 4: [] });
});

test("during a reload old and new workers accept from the same sockets, and nobody has to stand in", () => {
  expect(deal([seat(1, 0), seat(2, 1), seat(3, 0, 1), seat(4, 1, 1)], 2)).toEqual({ 1: [], 2: [], 3: [], 4: [] });
});

test("nobody there, nothing to deal", () => {
  expect(deal([], 2)).toEqual({});
});
