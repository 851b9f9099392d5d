#!/usr/bin/env zx
// Reload strategies of the prefork master side by side: `npx zx harness/compare.mjs [--strategies a,b] [--repeat N]`.
// One process per run, in an order that turns from round to round; nothing is published unless every run was measured.

import { compareRuns, orderOf, renderComparison } from "./comparison.ts";

const STRATEGIES = ["all-at-once", "rolling", "restart"];
const USAGE = `usage: npx zx harness/compare.mjs [--strategies ${STRATEGIES.join(",")}] [--repeat N]`;

const strategies = String(argv.strategies ?? STRATEGIES.join(",")).split(",");
const repeat = Number(argv.repeat ?? 3);
const unknown = strategies.filter((name) => !STRATEGIES.includes(name));
if (unknown.length > 0 || !Number.isInteger(repeat) || repeat < 1) {
  console.error(unknown.length > 0 ? `unknown strategy ${unknown.join(", ")}; ${USAGE}` : USAGE);
  process.exit(2);
}

const root = path.resolve(import.meta.dirname, "..");
const runs = new Map(strategies.map((strategy) => [strategy, []]));
for (let round = 0; round < repeat; round++) {
  for (const strategy of orderOf(strategies, round)) {
    console.error(`round ${round + 1} of ${repeat}: ${strategy}`);
    runs.get(strategy).push(await measure(strategy));
  }
}

const rows = compareRuns(runs);
const table = renderComparison(rows);
const folder = path.join(root, "reports", "out");
await fs.mkdirp(folder);
await fs.writeFile(path.join(folder, "compare.json"), `${JSON.stringify(rows, null, 2)}\n`);
await fs.writeFile(path.join(folder, "compare.md"), table);
console.log(table);

/** A strategy that loses requests ends its run with 1: that is a result here, all above it is not. */
async function measure(strategy) {
  const bin = path.join(root, "harness", "hupspec.mjs");
  const result = await $({
    cwd: root,
    env: { ...process.env, HUPSPEC_STRATEGY: strategy },
    nothrow: true,
    quiet: true,
  })`${process.execPath} ${bin} run --target prefork --only prefork/*/reload/under-load --json -`;
  if (result.exitCode > 1) {
    console.error(result.stderr);
    throw new Error(`${strategy}: expected a conclusive run, it ended with ${result.exitCode}`);
  }
  return JSON.parse(result.stdout);
}
