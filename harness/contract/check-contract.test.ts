import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import type { BootOptions } from "../targets/boot.ts";
import { TargetBootError } from "../targets/errors.ts";
import { parseTargetFile, type TargetDefinition } from "../targets/target-definition.ts";
import { judgeBoot, type BootMode } from "./boots.ts";
import { checkContract, type ContractLine, type ContractPart } from "./check-contract.ts";
import { CONTRACT } from "./routes/index.ts";

const fixtures = path.join(import.meta.dirname, "fixtures");

const options = (): BootOptions => ({
  runId: `contract-${process.pid}`,
  signal: AbortSignal.timeout(60_000),
  env: process.env,
});

function fixture(wrong: string, claims: string, port = "${port}"): TargetDefinition {
  return parseTargetFile(
    `hupspec: 1
name: fixture
role: app-server
workers: 1
start: ["\${node}", "\${targetDir}/server.ts"]
env: {PORT: "\${port}", WRONG: "${wrong}"}
url: http://127.0.0.1:${port}
capabilities: [${claims}]`,
    path.join(fixtures, "target.yaml"),
    fixtures,
  );
}

function linesOf(
  wrong: string,
  part?: ContractPart,
  claims = "keepalive, streaming, upload, subprocess",
): Promise<ContractLine[]> {
  return Array.fromAsync(checkContract(fixture(wrong, claims), options(), part));
}

test("finds nothing wrong with an application that is right, and says what else it could claim", async () => {
  const lines = await linesOf("", undefined, "keepalive, upload, subprocess");
  expect(lines.filter(({ state }) => state === "wrong")).toEqual([]);
  expect(lines.filter(({ state }) => state === "could-claim").map(({ capability }) => capability)).toEqual([
    "streaming",
  ]);
  expect(lines.filter(({ state }) => state === "not-claimed").map(({ title }) => title)).toEqual([
    "GET /events",
    "GET /ws",
  ]);
});

/** What an application gets wrong, and the lines of the table that must say so; others may, for one fault shows in many places. */
const WRONGS: readonly (readonly [wrong: string, title: string])[] = [
  ["id", "GET /"],
  ["header", "GET /"],
  ["length", "GET /bytes"],
  ["stream-at-once", "GET /stream"],
  ["digest", "POST /digest in chunks"],
  ["gate-not-made", "GET /hold"],
  ["gate-ignored", "GET /hold"],
  ["hold-blocks", "GET /hold"],
  ["record-size", "GET /log"],
  ["sum", "log records"],
  ["seq", "log records"],
  ["received-late", "log records"],
  ["read-on-request", "release.json read on loading"],
  ["no-child", "GET /child"],
  ["no-crash", "GET /crash"],
  ["another-crashes", "GET /crash"],
  ["delay-ignored", "boot mode delay"],
  ["boot-ignored", "boot mode fail"],
  ["boot-ignored", "boot mode hang"],
  ["fail-hangs", "boot mode fail"],
  ["hang-fails", "boot mode hang"],
];

test.each(WRONGS)("%s is caught at %s", async (wrong, title) => {
  const lines = await linesOf(wrong, partFor(title));
  expect(lines.find((line) => line.title === title)).toMatchObject({
    state: "wrong",
    wrongs: expect.arrayContaining([{ expected: expect.any(String), got: expect.any(String) }]),
  });
});

test.each(["fail", "hang"] as const)("boot mode %s is not judged by a port that somebody has", async (mode) => {
  await using somebody = createServer();
  await once(somebody.listen(0, "127.0.0.1"), "listening");
  const definition = fixture("", "", String((somebody.address() as AddressInfo).port));
  const judged = judgeBoot(mode, { definition, options: options(), ordinaryMs: 100, ordinaryLines: new Set() });
  await expect(judged).rejects.toThrow(TargetBootError);
});

/** No more than what leads to one line of the table: the log is judged by what was asked before. */
function partFor(title: string): ContractPart {
  const mode = /^boot mode (.*)$/.exec(title)?.[1];
  const titles = title === "log records" ? ["GET /", "GET /log", title] : [title];
  return {
    routes: CONTRACT.filter((route) => titles.includes(route.title)),
    boots: mode === undefined ? [] : [mode as BootMode],
  };
}
