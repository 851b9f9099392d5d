import { expect, test } from "vitest";
import { targetSchema } from "./targets/schema.ts";
import { workersFor } from "./workers.ts";

const target = (start: readonly string[] | undefined) =>
  targetSchema.parse({
    hupspec: 1,
    name: "t",
    role: "app-server",
    url: "http://127.0.0.1:${port}",
    workers: 3,
    ...(start && { start }),
  });

test("a scenario asks for as many workers as it needs, at least as many as the target file", () => {
  const open = target(["server", "-w", "${workers}"]);
  expect(workersFor({ workers: 2 }, open)).toBe(3);
  expect(workersFor({ workers: 4 }, open)).toBe(4);
  expect(workersFor({ workers: 1, exactWorkers: true }, open)).toBe(1);
});

test("where the target file does not pass the number on, it has those that it declares", () => {
  const fixed = target(["server"]);
  expect(workersFor({ workers: 4 }, fixed)).toBe(3);
  expect(workersFor({ workers: 1, exactWorkers: true }, fixed)).toBe(3);
});
