#!/usr/bin/env zx
// Whether verdicts are steady: `npm run soak -- N [--busy] [--target NAME] [--only GLOB]`. Runs the suite on the reference stack (or on
// another target) N times, one process each, and counts verdicts that change; with `--busy` another process keeps one core to
// itself meanwhile: a run may then be inconclusive, but nothing may be judged as violated that was not before.
// Exit status 1 if a verdict changed, or, with `--busy`, if one changed to a violation.

import { compareVerdicts, renderSoak } from "./steadiness.ts";

const USAGE = "usage: npm run soak -- N [--busy] [--target NAME] [--only GLOB]";
const runs = Number(argv._[0] ?? Number.NaN);
if (!Number.isInteger(runs) || runs < 1) {
  console.error(USAGE);
  process.exit(2);
}

const root = path.resolve(import.meta.dirname, "..");
const chosen = ["target", "only"].flatMap((flag) => [argv[flag] ?? []].flat().flatMap((value) => [`--${flag}`, value]));
const folder = path.join(root, "reports", "out", "soak");
const records = [];
// It ends with this process, whatever becomes of it: the pipe to it breaks.
const neighbour = argv.busy
  ? $({ stdio: ["pipe", "ignore", "ignore"], nothrow: true })`${process.execPath} -e ${BUSY()}`
  : undefined;
for (let run = 1; run <= runs; run++) {
  const record = await suite();
  records.push(record);
  await fs.outputFile(path.join(folder, `run-${run}.json`), JSON.stringify(record));
  console.log(
    `run ${run} of ${runs}, ${Math.round(record.run.durationMs / 1_000)} s: ${renderSoak(compareVerdicts(records))}`.trimEnd(),
  );
}
neighbour?.stdin.end();
await neighbour;

const result = compareVerdicts(records);
await fs.writeFile(path.join(folder, "soak.md"), renderSoak(result));
process.exit((argv.busy ? result.blamed : result.changed).length > 0 ? 1 : 0);

async function suite() {
  const bin = path.join(root, "harness", "hupspec.mjs");
  const result = await $({
    cwd: root,
    nothrow: true,
    quiet: true,
  })`${process.execPath} ${bin} run ${chosen} --out ${folder} --json -`;
  // Failed and inconclusive are results here.
  if (![0, 1, 4].includes(result.exitCode))
    throw new Error(`expected a run with verdicts, it ended with ${result.exitCode}: ${result.stderr}`);
  return JSON.parse(result.stdout);
}

function BUSY() {
  return "process.stdin.on('end', () => process.exit()).resume(); (function turn() { const until = performance.now() + 50; while (performance.now() < until); setImmediate(turn); })()";
}
