import * as fc from "fast-check";
import { renameSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LogSnapshot } from "../spec/history.ts";
import { recordLine, spacedRecordLine } from "./record-fixture.ts";
import { readLogSnapshot } from "./snapshot.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hupspec-snapshot-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const read = (): Promise<LogSnapshot> =>
  readLogSnapshot({ name: "test", patterns: [path.join(folder, "app.log*")], atMs: 7 });

async function write(files: Readonly<Record<string, string | Buffer>>): Promise<LogSnapshot> {
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
  return read();
}

/** `count` records, two writers in turn, three records to a request. */
function stream(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const facts = {
      writer: `w${index % 2}`,
      seq: index >> 1,
      id: `r${Math.floor(index / 3)}`,
      event: ["received", "record", "answered"][index % 3] ?? "",
      msg: "é".repeat(index % 50),
    };
    return `${index % 2 === 0 ? recordLine(facts) : spacedRecordLine(facts)}\n`;
  });
}

describe("a sound log", () => {
  test("nothing there is an empty snapshot", async () => {
    expect(await read()).toMatchObject({ name: "test", atMs: 7, files: [], writers: [], records: 0, bytes: 0 });
  });

  test("any splitting into files, packed or not, reads as the stream that was written", async () => {
    const packings = { "": (text: string) => text, ".gz": gzipSync, ".zst": zstdCompressSync } as const;
    const packing = fc.constantFrom(...(Object.keys(packings) as (keyof typeof packings)[]));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 3, max: 60 }),
        fc.array(fc.tuple(fc.nat({ max: 60 }), packing), { maxLength: 5 }),
        async (count, cuts) => {
          await rm(folder, { recursive: true });
          folder = await mkdtemp(path.join(tmpdir(), "hupspec-snapshot-"));
          const lines = stream(count);
          const ordered = cuts.toSorted(([a], [b]) => a - b);
          let from = 0;
          for (const [index, [cut, kind]] of ordered.entries()) {
            const content = lines.slice(from, cut).join("");
            await writeFile(path.join(folder, `app.log.${ordered.length - index}${kind}`), packings[kind](content));
            from = Math.max(from, cut);
          }
          await writeFile(path.join(folder, "app.log"), lines.slice(from).join(""));

          const snapshot = await read();
          expect(snapshot.records).toBe(count);
          expect(snapshot.bytes).toBe(Buffer.byteLength(lines.join("")));
          expect(snapshot.damage).toEqual([]);
          expect(snapshot.files).toHaveLength(cuts.length + 1);
          expect(snapshot.files.every((file) => file.startsAtBoundary && file.endsAtBoundary)).toBe(true);
          for (const { first, missingCount, repeatedCount, outOfOrderCount } of snapshot.writers) {
            expect({ first, missingCount, repeatedCount, outOfOrderCount }).toEqual({
              first: 0,
              missingCount: 0,
              repeatedCount: 0,
              outOfOrderCount: 0,
            });
          }
          expect(snapshot.requests.size).toBe(Math.ceil(count / 3));
          expect(snapshot.requests.get("r0")).toEqual({
            received: 1,
            answered: 1,
            records: 1,
            recordBytes: Buffer.byteLength(lines[1] ?? ""),
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  test("files carry their figures and times", async () => {
    const old = `${recordLine({ time: "2026-11-22T10:00:00.000Z" })}\n`;
    const long = `${recordLine({ seq: 1, msg: "x".repeat(70_000), time: "2026-11-22T10:00:01.500Z" })}\n`;
    const { files } = await write({ "app.log.1.gz": gzipSync(old), "app.log": long });
    expect(files).toEqual([
      {
        name: "app.log.1.gz",
        stream: "app.log",
        live: false,
        compression: "gzip",
        diskBytes: gzipSync(old).length,
        bytes: old.length,
        records: 1,
        longestLineBytes: old.length,
        startsAtBoundary: true,
        endsAtBoundary: true,
        firstWallMs: Date.parse("2026-11-22T10:00:00.000Z"),
        lastWallMs: Date.parse("2026-11-22T10:00:00.000Z"),
      },
      expect.objectContaining({
        name: "app.log",
        live: true,
        compression: "none",
        longestLineBytes: long.length,
        firstWallMs: Date.parse("2026-11-22T10:00:01.500Z"),
      }),
    ]);
  });

  test("records that carry no id are counted", async () => {
    const lines = [recordLine({ seq: 0 }), recordLine({ seq: 1, event: "boot" }), recordLine({ seq: 2, id: "r1" })];
    expect(await write({ "app.log": lines.map((line) => `${line}\n`).join("") })).toMatchObject({
      anonymousRecords: 1,
    });
  });

  test("a name ending in .gz is no proof of compression", async () => {
    const { files, records } = await write({ "app.log.1.gz": stream(4).join(""), "app.log": "" });
    expect(records).toBe(4);
    expect(files.map(({ compression }) => compression)).toEqual(["none", "none"]);
  });

  test("banners are told apart and break no boundary", async () => {
    const { files, damageCount, damage } = await write({ "app.log": `Starting\n${stream(2).join("")}Bye\n` });
    expect(damageCount).toMatchObject({ "not-a-record": 2, torn: 0 });
    expect(damage[0]).toEqual({
      file: "app.log",
      offset: 0,
      kind: "not-a-record",
      encoding: false,
      excerpt: "Starting",
    });
    expect(files[0]).toMatchObject({ startsAtBoundary: true, endsAtBoundary: true });
  });
});

describe("a damaged log", () => {
  test("a record cut in two by a rotation: both edges, with place and excerpt", async () => {
    const lines = stream(6);
    const text = lines.join("");
    const cut = lines.slice(0, 3).join("").length + 40;
    const { files, damage, writers } = await write({ "app.log.1": text.slice(0, cut), "app.log": text.slice(cut) });
    expect(files.map((file) => [file.startsAtBoundary, file.endsAtBoundary])).toEqual([
      [true, false],
      [false, true],
    ]);
    expect(damage.map(({ file, kind, edge }) => [file, kind, edge])).toEqual([
      ["app.log.1", "torn", "end"],
      ["app.log", "torn", "start"],
    ]);
    expect(damage[0]?.offset).toBe(Buffer.byteLength(lines.slice(0, 3).join("")));
    expect(writers.find(({ writer }) => writer === "w1")).toMatchObject({ missing: [1], missingCount: 1 });
  });

  test("the middle of a record between two files is no banner", async () => {
    const line = `${recordLine({ msg: "x".repeat(300) })}\n`;
    const { files, damageCount } = await write({
      "app.log.2": line.slice(0, 150),
      "app.log.1": line.slice(150, 250),
      "app.log": line.slice(250),
    });
    expect(damageCount).toMatchObject({ torn: 3, "not-a-record": 0 });
    expect(files.every((file) => !file.startsAtBoundary || !file.endsAtBoundary)).toBe(true);
  });

  test("a rotation between a record and its newline", async () => {
    const [first = "", second = ""] = stream(2);
    const { files, records } = await write({ "app.log.1": first.trimEnd(), "app.log": `\n${second}` });
    expect(records).toBe(2);
    expect(files.map((file) => [file.startsAtBoundary, file.endsAtBoundary])).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  test("gaps and repeats name the place", async () => {
    const lines = [0, 1, 3, 3].map((seq) => `${recordLine({ seq })}\n`);
    const { writers } = await write({ "app.log": lines.join("") });
    const size = lines[0]?.length ?? 0;
    expect(writers).toEqual([
      expect.objectContaining({
        missing: [2],
        repeated: [3],
        gapAt: { file: "app.log", offset: 2 * size },
        repeatAt: { file: "app.log", offset: 3 * size },
      }),
    ]);
  });

  test("an archive cut short gives what it has, and its error", async () => {
    const lines = Array.from({ length: 2_000 }, (_, seq) => `${recordLine({ seq, msg: `text ${seq * 7919}` })}\n`);
    for (const pack of [gzipSync, zstdCompressSync]) {
      const packed = pack(lines.join(""));
      const { files } = await write({ "app.log.1.gz": packed.subarray(0, packed.length - 20), "app.log": "" });
      expect(files[0]?.unpackError).toMatch(/^.+ \((Z_|ZSTD_)\w+\)$/);
    }
  });

  test("damage is listed to a bound and counted beyond it", async () => {
    const torn = `${recordLine().slice(0, 50)}\n`;
    const { damage, damageCount } = await write({ "app.log": torn.repeat(500) });
    expect(damageCount.torn).toBe(500);
    expect(damage).toHaveLength(20);
  });

  test("NUL bytes of a truncated file are damage, shown printable", async () => {
    const { damage } = await write({ "app.log": Buffer.concat([Buffer.alloc(9), Buffer.from(stream(1)[0] ?? "")]) });
    expect(damage).toEqual([expect.objectContaining({ kind: "interleaved", edge: "start" })]);
    expect(damage[0]?.excerpt).toMatch(/^\u2400{9}\{"time"/);
  });

  test("counted drops", async () => {
    const { damageCount, droppedRecords } = await write({
      "app.log": `${recordLine({ event: "dropped", count: 30 })}\n`,
    });
    expect(damageCount["counted-drop"]).toBe(1);
    expect(droppedRecords).toBe(30);
  });
});

test("a cut at any byte is seen at both edges, one between two lines at neither", async () => {
  const text = stream(4).join("");
  const bytes = Buffer.from(text);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: bytes.length - 1 }), async (cut) => {
      const { files, records } = await write({ "app.log.1": bytes.subarray(0, cut), "app.log": bytes.subarray(cut) });
      const whole = bytes[cut - 1] === 0x0a;
      expect(files.map((file) => [file.startsAtBoundary, file.endsAtBoundary])).toEqual([
        [true, whole],
        [whole, true],
      ]);
      // Before its newline a record is whole already.
      expect(records).toBe(whole || bytes[cut] === 0x0a ? 4 : 3);
    }),
    { numRuns: 60, examples: [[bytes.indexOf(0x0a)], [bytes.indexOf(0x0a) + 1]] },
  );
});

test("a rotation while it reads costs and repeats nothing", async () => {
  for (let moment = 0; moment < 40; moment++) {
    await rm(folder, { recursive: true });
    folder = await mkdtemp(path.join(tmpdir(), "hupspec-snapshot-"));
    const lines = stream(12);
    for (const [index, name] of ["app.log.2", "app.log.1", "app.log"].entries()) {
      await writeFile(path.join(folder, name), lines.slice(3 * index, 3 * index + 3).join(""));
    }
    const reading = read();
    for (let turn = 0; turn < moment; turn++) await nextTurn();
    for (const number of [3, 2, 1]) {
      renameSync(
        path.join(folder, `app.log${number === 1 ? "" : `.${number - 1}`}`),
        path.join(folder, `app.log.${number}`),
      );
    }
    writeFileSync(path.join(folder, "app.log"), lines.slice(9).join(""));
    const { records, writers } = await reading;
    expect([9, 12]).toContain(records);
    expect(writers.every((writer) => writer.missingCount + writer.repeatedCount + writer.first === 0)).toBe(true);
  }
});

test("an abort ends the reading and closes what was opened", async () => {
  await writeFile(path.join(folder, "app.log"), stream(3).join(""));
  const reason = new Error("stopped");
  const plan = { name: "x", patterns: [path.join(folder, "app.log")], atMs: 0, signal: AbortSignal.abort(reason) };
  await expect(readLogSnapshot(plan)).rejects.toBe(reason);
});
