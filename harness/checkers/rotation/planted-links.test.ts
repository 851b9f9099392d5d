import { expect, test } from "vitest";
import type { FileLook, Observation } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import {
  burst,
  history,
  logFile,
  requestLogOf,
  rotatedFiles,
  snapshot,
  type HistoryParts,
} from "../testing/history-fixture.ts";
import { plantedLinks } from "./planted-links.ts";

const asked = burst("planted", { requests: 10, records: 100, bytes: 400, startedMs: 0, endedMs: 1_000 });
const times = { startedMs: 10, endedMs: 20 };
const links = [1, 2].map((number) => ({ path: `/logs/app.log.${number}`, to: `/victims/${number}` }));
const planted: Observation = { kind: "tampering", name: "planted", what: "links-planted", ...times, files: links };
const narrowed: Observation = { kind: "tampering", name: "narrowed", what: "modes-narrowed", ...times, files: [] };

function look(name: string, path: string, facts: Partial<FileLook["facts"]> = {}): FileLook {
  const victim = {
    type: "file",
    mode: 0o600,
    uid: 0,
    gid: 0,
    inode: 9,
    bytes: 20,
    text: "victim of app.log.1",
  } as const;
  return { kind: "file", name, path, atMs: 2_000, facts: { ...victim, ...facts } };
}

const before = look("planted-victim-before", "/victims/1");
const untouched = [
  narrowed,
  planted,
  before,
  look("planted-victim-after", "/victims/1"),
  look("end", "/logs/app.log"),
  look("end", "/logs/app.log.1"),
];

function run(observations: readonly Observation[], changes: Parameters<typeof snapshot>[0] = {}): Finding {
  const log = snapshot({ name: "planted", files: rotatedFiles(1), requests: requestLogOf([asked]), ...changes });
  const parts: HistoryParts = { bursts: [asked], logs: [log], observations };
  return plantedLinks["rotation/no-symlink-follow"](history(parts));
}

test("holds if what the links led to is as it was, and no mode is wider", () => {
  expect(run(untouched)).toMatchObject({ outcome: "held", trials: 4 });
});

test.each([
  [{ bytes: 900 }, "20 bytes became 900"],
  [{ text: "other" }, "content became"],
  [{ mode: 0o644 }, "mode 0600 became 0644"],
  [{ uid: 33 }, "another owner"],
  [{ inode: 10 }, "another file"],
])("sees a file outside that was changed by way of a link: %j", (facts, text) => {
  const finding = run([
    ...untouched.slice(0, 3),
    look("planted-victim-after", "/victims/1", facts),
    ...untouched.slice(4),
  ]);
  expect(finding).toMatchObject({ outcome: "violated", violations: 1 });
  expect(JSON.stringify(finding)).toContain(text);
});

test("counts what was planted before the first rotation too", () => {
  const early = [
    { ...planted, name: "guessed" },
    look("guessed-victim-before", "/victims/3"),
    look("guessed-victim-after", "/victims/3", { bytes: 0 }),
  ];
  expect(run([...early, ...untouched])).toMatchObject({ outcome: "violated", trials: 6, violations: 1 });
});

test("sees the content of a file outside in the log", () => {
  const damage = [{ kind: "not-a-record", file: "app.log.2.gz", excerpt: "victim of app.log.2" }] as const;
  expect(run(untouched, { damage })).toMatchObject({ outcome: "violated", violations: 1 });
});

test("sees a mode that became wider", () => {
  const finding = run([...untouched, look("end", "/logs/app.log.2.gz", { mode: 0o644 })]);
  expect(JSON.stringify(finding)).toContain("/logs/app.log.2.gz has mode 0644");
});

test("looks at what group and others may do, not at what the owner may", () => {
  const withMode = (mode: number): Finding => run([...untouched, look("end", "/logs/app.log.2", { mode })]);
  for (const mode of [0o700, 0o400]) expect(withMode(mode).outcome).toBe("held");
  for (const mode of [0o640, 0o601, 0o710, 0o744]) expect(withMode(mode)).toMatchObject({ violations: 1 });
});

test("decides nothing without links, without a rotation, or without a file to look at", () => {
  expect(plantedLinks["rotation/no-symlink-follow"](history()).outcome).toBe("inconclusive");
  expect(run([{ ...planted, error: "no name" }])).toMatchObject({ outcome: "inconclusive" });
  expect(run(untouched, { files: [logFile()] }).outcome).toBe("inconclusive");
  expect(run(untouched.slice(0, 4)).outcome).toBe("inconclusive");
});
