import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32 } from "node:zlib";
import { parseLine, type ParsedLine } from "./parse.ts";
import { recordLine, spacedRecordLine } from "./record-fixture.ts";

const parse = (text: string | Buffer): ParsedLine => parseLine(Buffer.from(text));
const whole = recordLine({ writer: "w7", seq: 42, id: "run-1", event: "received", pid: 17, generation: 3 });

describe("a whole record", () => {
  const fields = { kind: "record", writer: "w7", seq: 42, id: "run-1", event: "received", pid: 17, generation: 3 };

  test("is read by its fields", () => {
    expect(parse(whole)).toEqual(fields);
  });

  test("is read whatever the spaces and the line end", () => {
    const facts = { writer: "w7", seq: 42, id: "run-1", event: "received", pid: 17, generation: 3 } as const;
    expect(parse(spacedRecordLine(facts))).toEqual(fields);
    expect(parse(`${whole}\r`)).toEqual(fields);
  });

  test("is read in another order of fields, as long as the sum is last", () => {
    const open =
      '{"msg":"x","event":"received","id":"run-1","seq":42,"writer":"w7","generation":3,"pid":17,"level":"info"';
    expect(parse(`${open},"sum":"${crc32(open).toString(16).padStart(8, "0")}"}`)).toEqual(fields);
  });

  test("may lack an id, and may have escapes and non-ASCII in it", () => {
    expect(parse(recordLine({ event: "boot" }))).toMatchObject({ kind: "record", id: "", event: "boot" });
    expect(parse(recordLine({ id: 'a"\\b' }))).toMatchObject({ id: 'a"\\b' });
    expect(parse(recordLine({ id: "ä€🎈" }))).toMatchObject({ id: "ä€🎈" });
  });

  test("is not misled by the text of its message", () => {
    const msg = '{"time":"","pid":9,"generation":9,"writer":"evil","seq":9,"event":"answered","sum":"00000000"}';
    expect(parse(recordLine({ writer: "w7", seq: 1, msg }))).toMatchObject({ writer: "w7", seq: 1, event: "record" });
  });

  test("of 1 MiB is read", () => {
    expect(parse(recordLine({ seq: 5, msg: "ä".repeat(512 * 1024) }))).toMatchObject({ kind: "record", seq: 5 });
  });

  test("that tells of drops says how many", () => {
    expect(parse(recordLine({ event: "dropped", count: 12 }))).toMatchObject({ kind: "record", dropped: 12 });
  });
});

describe("a damaged line", () => {
  const other = recordLine({ writer: "w8", seq: 7, msg: "other" });
  const cases: readonly [string, string | Buffer, ParsedLine["kind"]][] = [
    ["the beginning of a record", whole.slice(0, 60), "torn"],
    ["all but the last byte", whole.slice(0, -1), "torn"],
    ["a few first bytes", whole.slice(0, 4), "torn"],
    ["the end of a record", whole.slice(60), "torn"],
    ["the last bytes only", whole.slice(-5), "torn"],
    ["two records on one line", whole + other, "interleaved"],
    ["a record within a record", whole.slice(0, 80) + other + whole.slice(80), "interleaved"],
    ["the beginning of one, the end of the other", whole.slice(0, 100) + other.slice(-40), "interleaved"],
    ["a foreign piece in the middle", `${whole.slice(0, 50)}", {Traceback}${whole.slice(50)}`, "interleaved"],
    ["text in front", `Listening on 8000${whole}`, "interleaved"],
    ["text behind", `${whole}Listening`, "interleaved"],
    ["a flipped character", whole.replace("text", "tex7"), "bad-sum"],
    ["a wrong sum", whole.replace(/"[0-9a-f]{8}"\}$/, '"00000000"}'), "bad-sum"],
    ["upper-case digits", whole.replace(/[0-9a-f]{8}"\}$/, 'ABCDEF01"}'), "bad-sum"],
    ["a banner", "[2026-11-22 10:00:00 +0000] [17] [INFO] Starting", "not-a-record"],
    ["a line of a traceback", '  File "app.py", line 3, in <module>', "not-a-record"],
    ["nothing", "", "not-a-record"],
    ["an object without a sum", '{"level":"info","msg":"started"}', "not-a-record"],
  ];
  test.each(cases)("%s", (_name, line, kind) => {
    expect(parse(line).kind).toBe(kind);
  });

  test("is not a record if it has no place in a sequence", () => {
    const open = '{"msg":"x"';
    const line = `${open},"sum":"${crc32(open).toString(16).padStart(8, "0")}"}`;
    expect(parse(line)).toEqual({ kind: "not-a-record", encoding: false });
  });

  test("tells whether its characters are broken", () => {
    const text = recordLine({ msg: "größer als 5 €" });
    const bytes = Buffer.from(text);
    const cut = bytes.indexOf(0xc3);
    const without = Buffer.concat([bytes.subarray(0, cut), bytes.subarray(cut + 1)]);
    expect(parse(without)).toEqual({ kind: "bad-sum", encoding: true });
    expect(parse(text.replace("ö", "\uFFFD\uFFFD"))).toEqual({ kind: "bad-sum", encoding: true });
    expect(parse(text.replace("ö", "\\xc3\\xb6"))).toEqual({ kind: "bad-sum", encoding: true });
    expect(parse(Buffer.from(text).toString("latin1"))).toEqual({ kind: "bad-sum", encoding: true });
    expect(parse(text.replace("größer", "kleiner"))).toEqual({ kind: "bad-sum", encoding: false });
  });
});

test("no single byte of a record can change unseen", () => {
  const facts = fc.record({
    writer: fc.string(),
    seq: fc.nat(),
    id: fc.string(),
    msg: fc.string({ unit: "grapheme" }),
  });
  const line = fc.tuple(facts, fc.constantFrom(recordLine, spacedRecordLine)).map(([fields, write]) => write(fields));
  fc.assert(
    fc.property(line, fc.nat(), fc.integer({ min: 1, max: 255 }), (text, position, change) => {
      expect(parse(text).kind).toBe("record");
      const bytes = Buffer.from(text);
      const at = position % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ change;
      expect(parse(bytes).kind).not.toBe("record");
    }),
  );
});
