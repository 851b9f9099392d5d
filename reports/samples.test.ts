import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { soundReload } from "../harness/checkers/testing/reload-fixture.ts";
import { writeSamples } from "./samples.ts";

it("writes every request, action and process table of a replay", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "hupspec-samples-"));
  try {
    const history = soundReload();
    const file = await writeSamples(folder, [history]);
    expect(path.relative(folder, file)).toBe("samples/fixture.main.fixture.history.jsonl.gz");
    const lines = gunzipSync(await readFile(file))
      .toString()
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text) as { kind: string; id?: string; action?: string });
    const kinds = (kind: string) => lines.filter((line) => line.kind === kind);
    expect(kinds("request")).toHaveLength(300);
    expect(kinds("action")).toMatchObject([{ action: "reload", index: 1 }]);
    expect(kinds("process-table")).toHaveLength(4);
    expect(kinds("load")).toHaveLength(2);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
