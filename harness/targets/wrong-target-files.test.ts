import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConfigFileError } from "../../config/positioned-yaml.ts";
import { bootTarget } from "./boot.ts";
import { appsFolderOf } from "./catalogue.ts";
import { readTargetFile } from "./target-definition.ts";

/* What a person is told who got a target file wrong: where, which key, and what was expected there. */

const appsFolder = appsFolderOf(path.resolve(import.meta.dirname, "..", ".."));
const HEAD = `hupspec: 1
name: mine
role: app-server
start: [server, --port, "\${port}"]
`;
const GOOD = `${HEAD}url: http://127.0.0.1:\${port}\n`;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hupspec-wrong-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function complaintsAbout(text: string): Promise<string[]> {
  const file = path.join(folder, "t.yaml");
  await writeFile(file, text);
  const error = await readTargetFile(file, appsFolder).then(
    () => undefined,
    (problem: unknown) => problem,
  );
  if (!(error instanceof ConfigFileError)) throw new Error(`expected a complaint, got ${String(error)}`);
  return error.message.split("\n").map((line) => line.replace(`${file}:`, ""));
}

test.each<[string, string, RegExp]>([
  [
    "a slip in a key",
    `${GOOD}actons: {}\n`,
    /^6:1: actons: unknown key "actons" \(did you mean actions\?\), expected one/,
  ],
  [
    "a slip in a key of a step",
    `${GOOD}actions:\n  reload: {sginal: HUP}\n`,
    /^7:12: actions.reload.sginal: unknown key "sginal" \(did you mean signal\?\)/,
  ],
  ["a wrong type", `${GOOD}workers: many\n`, /^6:1: workers: expected a number, found "many"$/],
  ["nothing in a value", `${GOOD}drainMs:\n`, /^6:1: drainMs: expected a number, found nothing$/],
  ["a list in place of keys", `${GOOD}ready: [/]\n`, /^6:1: ready: expected keys with values, found a list$/],
  ["a tab", `${GOOD}actions:\n\treload: {signal: HUP}\n`, /^7:1: expected blanks in front of a key, found a tab$/],
  ["a key twice", `${GOOD}name: other\n`, /^6:1: expected each key once, found "name" again$/],
  ["an open bracket", `${GOOD}capabilities: [keepalive\n`, /^7:1: expected YAML: Flow sequence .* end with a \]$/],
  ["an alias of nothing", `${GOOD}env: *nope\n`, /^6:6: expected an anchor &nope before \*nope$/],
  ["two documents", `${GOOD}---\nhupspec: 1\n`, /^6:1: expected one document, found a second one$/],
  ["no URL", HEAD, /^1:1: expected url, or sites with a URL each$/],
  ["TLS", `${HEAD}url: https://127.0.0.1:\${port}\n`, /^5:1: url: expected plain http:\/\/, .* TLS$/],
  ["a port that there is not", `${HEAD}url: http://127.0.0.1:99999\n`, /^5:1: url: expected a URL such as http:/],
  ["a command as text", GOOD.replace(/\[.*\]/, "server"), /^4:1: start: expected a command as a list of arguments/],
  [
    "an unknown action",
    `${GOOD}actions: {restart: {signal: HUP}}\n`,
    /^6:11: actions.restart: unknown key "restart", expected one of reload, reopen, stop/,
  ],
  ["a bare signal", `${GOOD}actions: {reload: HUP}\n`, /^6:11: actions.reload: expected \{signal: HUP\}, \{command:/],
  ["a bad signal", `${GOOD}actions: {stop: {signal: SIGTERM}}\n`, /^6:18: actions.stop.signal: expected a signal, one/],
  ["an unknown capability", `${GOOD}capabilities: [h3]\n`, /^6:16: capabilities.0: expected one of keepalive, pipel/],
  ["an unknown placeholder", `${GOOD}env: {A: "\${prot}"}\n`, /^6:11: env.A: unknown placeholder \$\{prot\}, expected/],
  ["another version", GOOD.replace("1", "2"), /^1:1: hupspec: expected 1, the version of the format$/],
  ["a probe without a slash", `${GOOD}probe: {path: health}\n`, /^6:9: probe.path: expected a path such as \/$/],
  ["a probe in words", `${GOOD}probe: outside\n`, /^6:1: probe: expected contract, or \{path: \/, status: 200,/],
  [
    "an unknown app",
    `${GOOD}app: cobol\n`,
    /^6:1: app: expected none, one of the ready-made probe apps .*python.*cobol$/,
  ],
  ["a folder that is not there", `${GOOD}app: ./none\n`, /^6:1: app: expected none, .* there is no \/.*\/none$/],
  [
    "a file that is not there",
    `${GOOD}files: {a: {copy: "\${targetDir}/none.conf"}}\n`,
    /^6:13: files.a.copy: expected a file, there is no \/.*\/none.conf$/,
  ],
  [
    "a rule that there is not",
    `${GOOD}knownFailures:\n  - {requirement: availability/nope, reason: x}\n`,
    /^7:6: knownFailures.0.requirement: expected the id of a rule .*"availability\/nope"$/,
  ],
  ["an empty file", "", /^1:1: expected keys, found an empty file$/],
  ["text only", "hello\n", /^1:1: expected keys with values, found "hello"$/],
])("%s is told with its place and what was expected", async (_, text, expected) => {
  const complaints = await complaintsAbout(text);
  expect(
    complaints.filter((line) => expected.test(line)),
    complaints.join("\n"),
  ).toHaveLength(1);
});

test("a folder, and a file that is not there, are told by name", async () => {
  await mkdir(path.join(folder, "dir.yaml"));
  await expect(readTargetFile(path.join(folder, "dir.yaml"), appsFolder)).rejects.toThrow(
    /dir\.yaml:1:1: expected a readable target file, found a folder$/,
  );
  await expect(readTargetFile(path.join(folder, "none.yaml"), appsFolder)).rejects.toThrow(
    /none\.yaml:1:1: expected a readable target file \(ENOENT\)$/,
  );
});

test("a command that there is not, and a port where nobody listens, are told at the boot", async () => {
  const options = { runId: `test-wrong-${process.pid}`, signal: AbortSignal.timeout(60_000), env: process.env };
  const boot = async (text: string): Promise<unknown> => {
    const file = path.join(folder, "t.yaml");
    await writeFile(file, text);
    return bootTarget(await readTargetFile(file, appsFolder), options);
  };
  await expect(boot(GOOD.replace("[server", "[no-such-server"))).rejects.toThrow(
    /^mine: expected on PATH: no-such-server$/,
  );
  const attached = GOOD.replace(/start: .*\n/, "").replace("${port}", "1");
  await expect(boot(`${attached}probe: {path: /health}\nready: {withinMs: 100}\n`)).rejects.toThrow(
    /^mine: expected GET \/health at main \(127\.0\.0\.1:1\) to be answered with 2xx within 100 ms, last came ECONNREFUSED$/,
  );
});
