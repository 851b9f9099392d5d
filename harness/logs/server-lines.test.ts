import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recordLine as record } from "./record-fixture.ts";
import { readServerLines } from "./server-lines.ts";

test("what is left of a log without the application's records of requests", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hupspec-server-lines-"));
  try {
    const lines = [
      record({ event: "received" }),
      "[12] [CRITICAL] WORKER TIMEOUT (pid:13)",
      record({ event: "drain-cut", seq: 1 }),
      "",
      record({ event: "answered", seq: 2 }),
    ];
    await writeFile(join(folder, "a.log"), `${lines.join("\n")}\n`);
    const found = await readServerLines([join(folder, "*.log"), join(folder, "none")]);
    expect(found).toEqual([
      "[12] [CRITICAL] WORKER TIMEOUT (pid:13)",
      expect.stringContaining('"event":"drain-cut"') as string,
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
