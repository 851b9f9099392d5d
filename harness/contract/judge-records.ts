import { Sequence } from "../logs/sequence.ts";
import type { LogLine } from "./log-lines.ts";
import { shown } from "./judge-answers.ts";
import type { Reply, Wrong } from "./reply.ts";

/** Complaints of one kind differ in little: the first ones will do. */
const MOST_WRONGS = 5;

/** Every line is whole, every record has its fields, every writer counts, every request left its two records in order. */
export function judgeRecords(lines: readonly LogLine[], replies: readonly Reply[]): Wrong[] {
  const records = lines.filter(({ parsed }) => parsed.kind === "record");
  return [
    ...lines.flatMap(judgeLine).slice(0, MOST_WRONGS),
    ...records.flatMap(judgeFields).slice(0, MOST_WRONGS),
    ...judgeWriters(records).slice(0, MOST_WRONGS),
    ...replies.flatMap((reply) => judgeRequest(records, reply)).slice(0, MOST_WRONGS),
  ];
}

/** Lines that are no records at all are the server's own. */
function judgeLine({ parsed, text }: LogLine): Wrong[] {
  if (parsed.kind === "record" || parsed.kind === "not-a-record") return [];
  return [
    {
      expected: "whole records, one a line, with the CRC-32 of all before it as `sum`",
      got: `${parsed.kind}: ${shown(text)}`,
    },
  ];
}

type Test = readonly [description: string, isRight: (value: unknown) => boolean];

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

const FIELDS: Readonly<Record<string, Test>> = {
  time: ["time as in RFC 3339", (value) => typeof value === "string" && RFC_3339.test(value)],
  level: ["level, some text", isText],
  app: ["app, some text", isText],
  pid: ["pid, a number above 0", (value) => isCount(value) && value !== 0],
  generation: ["generation, a number above 0", (value) => isCount(value) && value !== 0],
  writer: ["writer, some text", isText],
  seq: ["seq, a number", isCount],
  event: ["event, some text", isText],
  msg: ["msg, text", (value) => typeof value === "string"],
};

/** The events of the contract; a server may write other ones in the same format, in which it has no generation. */
const EVENTS: ReadonlySet<unknown> = new Set(["received", "answered", "record"]);

function judgeFields({ fields, text }: LogLine): Wrong[] {
  if (!EVENTS.has(fields["event"])) return [];
  return Object.entries(FIELDS).flatMap(([name, [description, isRight]]) =>
    isRight(fields[name]) ? [] : [{ expected: `a record with ${description}`, got: shown(text) }],
  );
}

/** 0, 1, 2 ... per writer, and one process per writer. */
function judgeWriters(records: readonly LogLine[]): Wrong[] {
  const writers = Map.groupBy(records, ({ fields }) => String(fields["writer"]));
  return [...writers].flatMap(([writer, own]) => {
    const sequence = new Sequence();
    for (const { fields } of own) sequence.add(Number(fields["seq"]));
    const { first, missingCount, repeatedCount } = sequence.facts(0);
    const pids = new Set(own.map(({ fields }) => fields["pid"]));
    return [
      ...(first === 0 && missingCount === 0 && repeatedCount === 0
        ? []
        : [
            {
              expected: `seq 0, 1, 2 ... of writer ${writer}`,
              got: `from ${first} on, ${missingCount} missing, ${repeatedCount} repeated`,
            },
          ]),
      ...(pids.size === 1
        ? []
        : [{ expected: `one process behind writer ${writer}`, got: `pids ${[...pids].join(", ")}` }]),
    ];
  });
}

/** `received` before the work, `answered` after it, by the process and generation that the answer names. */
function judgeRequest(records: readonly LogLine[], reply: Reply): Wrong[] {
  // What was not answered is judged elsewhere, and need not have reached the application.
  if (!("answer" in reply) || reply.answer.status !== 200) return [];
  const { id, answer, asked } = reply;
  const own = records.filter(({ fields }) => fields["id"] === id);
  const request = `${asked.method} ${asked.path} (${id})`;
  const said = own.map(({ fields }) => String(fields["event"])).filter((event) => event !== "record");
  // What the client left before its end may have no end in the log either.
  const expected = answer.complete ? ["received", "answered"] : said.slice(0, 2);
  if (said[0] !== "received" || said.join() !== expected.join()) {
    return [{ expected: `records of ${request}: received, answered`, got: said.join(", ") || "none" }];
  }
  return own.flatMap(({ fields }) =>
    (["pid", "generation"] as const).flatMap((name) => {
      const right = answer.headers.get(name === "pid" ? "x-hupspec-worker" : "x-hupspec-generation");
      if (String(fields[name]) === right) return [];
      return [{ expected: `records of ${request} with ${name} ${right}, as in its answer`, got: String(fields[name]) }];
    }),
  );
}
