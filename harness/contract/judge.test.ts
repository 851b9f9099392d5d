import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { recordLine, type FixtureRecord } from "../logs/record-fixture.ts";
import { judgeSeen, type BootEnd } from "./boots.ts";
import { judgeIdentity, judgeReplies } from "./judge-answers.ts";
import { judgeRecords } from "./judge-records.ts";
import { logLineOf } from "./log-lines.ts";
import type { Answer, Asked, Facts, Reply } from "./reply.ts";
import { bytes } from "./routes/bytes.ts";
import { digest } from "./routes/digest.ts";
import { events } from "./routes/events.ts";
import { stream } from "./routes/stream.ts";
import { websocket } from "./routes/websocket.ts";

const facts: Facts = { generation: 1, setting: "blue", isWorker: (pid) => pid === 100 };
const get = (path: string): Asked => ({ method: "GET", path });

function reply(asked: Asked, body: string, part: Partial<Answer> & { drop?: string; headersToo?: object } = {}): Reply {
  const { drop = "", headersToo = {}, ...answer } = part;
  const headers = new Map(
    Object.entries({
      "x-hupspec-generation": "1",
      "x-hupspec-worker": "100",
      "x-hupspec-id": "r1",
      "content-length": String(Buffer.byteLength(body)),
      ...headersToo,
    }),
  );
  headers.delete(drop);
  const whole = { status: 200, headers, body: Buffer.from(body), complete: true, tookMs: 1, bodyMs: 0 };
  return { asked, id: "r1", connection: "fresh", answer: { ...whole, ...answer } };
}

const identity = { app: "a", generation: 1, worker: 100, id: "r1", setting: "blue" };
const expectedOf = (wrongs: readonly { expected: string }[]): string =>
  wrongs.map(({ expected }) => expected).join("\n");

describe("an answer like that of /", () => {
  const judge = (body: object, part = {}): string =>
    expectedOf(judgeReplies([reply(get("/"), JSON.stringify(body), part)], facts, judgeIdentity));

  it("is right", () => expect(judge(identity)).toBe(""));
  it.each([
    [{ ...identity, id: "r2" }, {}, 'id "r1"'],
    [{ ...identity, generation: 2 }, {}, "generation 1"],
    [{ ...identity, generation: "1" }, {}, "generation 1"],
    [{ ...identity, worker: 101 }, {}, "worker, the pid of the header 100"],
    [{ ...identity, setting: undefined }, {}, 'setting "blue"'],
    [{ ...identity, app: "" }, {}, "app, a name"],
    [identity, { drop: "content-length" }, "Content-Length"],
    [identity, { drop: "x-hupspec-id" }, "header x-hupspec-id"],
    [identity, { drop: "x-hupspec-generation" }, "header x-hupspec-generation"],
    [{ ...identity, worker: 7 }, { headersToo: { "x-hupspec-worker": "7" } }, "pid of a process of the target"],
    [identity, { status: 500 }, "status 200"],
  ])("%j %j: %s", (body, part, expected) => expect(judge(body, part)).toContain(expected));

  it("names the request and what became of it", () => {
    const lost = { asked: get("/"), id: "r1", connection: "reused", failure: "the connection was closed" } as const;
    expect(judgeReplies([lost], facts, judgeIdentity)).toEqual([
      { expected: "GET / on a reused connection: an answer", got: "the connection was closed" },
    ]);
  });
});

describe("bodies", () => {
  it.each([
    ["0123456", ""],
    ["012345", "length 7"],
    ["0123466", "over and over"],
  ])("/bytes: %s %s", (body, expected) => {
    const wrongs = expectedOf(bytes.judge([reply(get("/bytes?n=7"), body)], facts));
    if (expected === "") expect(wrongs).toBe("");
    else expect(wrongs).toContain(expected);
  });

  it("/stream is chunked, in order and spread over time", () => {
    const text = "chunk 1 of 4\nchunk 2 of 4\nchunk 3 of 4\nchunk 4 of 4\n";
    const chunked = { headersToo: { "transfer-encoding": "chunked" }, bodyMs: 450 };
    const judge = (body: string, part: object): string =>
      expectedOf(stream.judge([reply(get("/stream"), body, part)], facts));
    expect(judge(text, chunked)).toBe("");
    expect(judge(text, { bodyMs: 450 })).toContain("Transfer-Encoding");
    expect(judge(text, { ...chunked, bodyMs: 2 })).toContain("150 ms apart");
    expect(judge(text.replace("2", "3"), chunked)).toContain("chunk 1 of 4");
  });

  it("/digest is that of what was sent", () => {
    const sha256 = createHash("sha256").update("abc").digest("hex");
    const judge = (answer: object): string => {
      const asked: Asked = { method: "POST", path: "/digest", body: Buffer.from("abc") };
      return expectedOf(digest.judge([reply(asked, JSON.stringify(answer))], facts));
    };
    expect(judge({ length: 3, sha256 })).toBe("");
    expect(judge({ length: 2, sha256 })).toContain("length 3");
    expect(judge({ length: 3, sha256: sha256.toUpperCase() })).toContain("sha256");
  });

  it("/events are whole events of the right type", () => {
    const judge = (body: string, type: string): string =>
      expectedOf(events.judge(reply(get("/events"), body, { headersToo: { "content-type": type } }), facts));
    const three = "id: 0\ndata: x\n\ndata: y\n\ndata: z\n\n";
    expect(judge(three, "text/event-stream; charset=utf-8")).toBe("");
    expect(judge(three, "text/plain")).toContain("text/event-stream");
    expect(judge(three.slice(0, -1), "text/event-stream")).toContain("3 events");
  });

  it("/ws shakes hands and echoes", () => {
    const id = "r1";
    const key = "AAAAAAAAAAAAAAAAAAAAAA==";
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const head = `HTTP/1.1 101 Switching Protocols\r\nx-hupspec-generation: 1\r\nx-hupspec-worker: 100\r\nx-hupspec-id: r1\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
    const frame = Buffer.concat([Buffer.from([0x81, 6]), Buffer.from("hé漢")]);
    const judge = (...parts: (string | Buffer)[]): string =>
      expectedOf(
        websocket.judge({ id, key, received: Buffer.concat(parts.map((part) => Buffer.from(part as string))) }, facts),
      );
    expect(judge(head, frame)).toBe("");
    expect(judge(head.replace("101", "200"), frame)).toContain("101");
    expect(judge(head.replace(accept, "x"), frame)).toContain("Sec-WebSocket-Accept");
    expect(judge(head, frame.subarray(0, 5))).toContain("the frame 8106");
    expect(judge("")).toContain("101");
  });
});

describe("records", () => {
  const asked = reply(get("/"), JSON.stringify(identity));
  const two: FixtureRecord[] = [
    { seq: 0, id: "r1", event: "received" },
    { seq: 1, id: "r1", event: "answered" },
  ];
  const judge = (records: readonly FixtureRecord[]): string =>
    expectedOf(
      judgeRecords(
        records.map((record) => logLineOf(Buffer.from(recordLine(record)))),
        [asked],
      ),
    );

  it("are right, with a line of the server's between them", () => {
    expect(judge(two)).toBe("");
    const lines = [
      ...two.map((record) => recordLine(record)),
      "booting worker 7",
      recordLine({ seq: 2, event: "ready", generation: 0 }),
    ];
    expect(
      judgeRecords(
        lines.map((line) => logLineOf(Buffer.from(line))),
        [asked],
      ),
    ).toEqual([]);
  });

  it.each<[string, FixtureRecord[]]>([
    ["received, answered", []],
    [
      "received, answered",
      [
        { seq: 0, id: "r1", event: "answered" },
        { seq: 1, id: "r1", event: "received" },
      ],
    ],
    ["received, answered", [...two, { seq: 2, id: "r1", event: "answered" }]],
    [
      "seq 0, 1, 2",
      [
        { ...two[0], seq: 1 },
        { ...two[1], seq: 2 },
      ],
    ],
    ["seq 0, 1, 2", [{ ...two[0] }, { ...two[1], seq: 0 }]],
    ["one process behind", [...two, { seq: 2, event: "record", pid: 101 }]],
    ["pid 100, as in its answer", two.map((record) => ({ ...record, pid: 101 }))],
    ["generation 1, as in its answer", two.map((record) => ({ ...record, generation: 2 }))],
    ["time as in RFC 3339", two.map((record) => ({ ...record, time: "yesterday" }))],
    ["time as in RFC 3339", two.map((record) => ({ ...record, time: "2026-11-22 10:00:00Z" }))],
  ])("%s: %j", (expected, records) => expect(judge(records)).toContain(expected));

  it("have the right sum", () => {
    const line = recordLine({ seq: 0 }).replace("text", "test");
    expect(judgeRecords([logLineOf(Buffer.from(line))], [])).toMatchObject([
      { got: expect.stringContaining("bad-sum") },
    ]);
  });
});

it("boot modes: late but not early, or never", () => {
  const root = { watchedMs: 900, replies: [] };
  expect(judgeSeen("delay", 600, { ...root, readyMs: 700 })).toEqual([]);
  expect(judgeSeen("delay", 600, { ...root, readyMs: 500 })).toMatchObject([{ got: "ready after 500 ms" }]);
  expect(judgeSeen("delay", 600, root)).toMatchObject([{ got: "nothing within 900 ms" }]);
  expect(judgeSeen("hang", 600, { ...root, readyMs: 5 })).toMatchObject([{ got: "ready after 5 ms" }]);
});

describe("a release that never gets ready", () => {
  const still: BootEnd = { ended: false, said: false, restless: false, answered: false };
  const judge = (mode: "fail" | "hang", end: Partial<BootEnd>, bootMs?: number): unknown => {
    const wrongs = judgeSeen(mode, 600, { watchedMs: 900, replies: [], end: { ...still, ...end } }, bootMs);
    return wrongs?.map(({ got }) => got);
  };

  it.each<[string, Partial<BootEnd>, unknown]>([
    ["ended", { ended: true }, []],
    ["said so, with a master that lives on", { said: true, restless: true }, []],
    ["has workers that come and go in silence", { restless: true }, undefined],
    ["answers that nobody serves", { answered: true }, undefined],
    ["hangs", {}, ["nothing within 900 ms"]],
  ])("as one that is to fail: %s", (_, end, wrongs) => expect(judge("fail", end)).toEqual(wrongs));

  it.each<[string, Partial<BootEnd>, unknown]>([
    ["hangs", {}, []],
    ["hangs, beside a script that looks for it", { restless: true }, []],
    ["ended", { ended: true, said: true }, ["ended after 900 ms"]],
    ["says something that it else does not", { said: true, restless: true }, undefined],
  ])("as one that is to hang: %s", (_, end, wrongs) => expect(judge("hang", end)).toEqual(wrongs));

  it("may be ended by a server that gives up by then", () => {
    expect(judge("hang", { ended: true }, 800)).toBeUndefined();
    expect(judge("hang", { ended: true }, 1_000)).toEqual(["ended after 900 ms"]);
  });
});
