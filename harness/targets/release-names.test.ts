import { expect, test } from "vitest";
import { createReleaseNames } from "./release-names.ts";

test("a text that was not seen before belongs to the release in force, and keeps its number", () => {
  let inForce = 1;
  const numberOf = createReleaseNames(2, () => inForce);
  expect(["9f3c", "9f3c"].map(numberOf)).toEqual([1, 1]);
  inForce = 2;
  expect(["9f3c", "a001", "9f3c", "a001"].map(numberOf)).toEqual([1, 2, 1, 2]);
});

test("a release may have a name for each of its workers", () => {
  let inForce = 1;
  const numberOf = createReleaseNames(2, () => inForce);
  expect(["pod-a", "pod-b"].map(numberOf)).toEqual([1, 1]);
  inForce = 2;
  expect(["pod-c", "pod-a", "pod-d"].map(numberOf)).toEqual([2, 1, 2]);
});

test("a header that changes with every answer names no release, not even later", () => {
  let inForce = 1;
  const numberOf = createReleaseNames(2, () => inForce);
  expect(["id-1", "id-2", "id-3"].map(numberOf)).toEqual([1, 1, 0]);
  inForce = 2;
  expect(["id-4", "id-1"].map(numberOf)).toEqual([0, 0]);
});
