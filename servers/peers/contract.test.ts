import path from "node:path";
import { expect, test } from "vitest";
import { answersContract, checkContract } from "../../harness/contract/check-contract.ts";
import { listCatalogue } from "../../harness/targets/catalogue.ts";

/* The probe app of each target that is installed here, so that a wrong application never looks like a wrong server. */

const packageRoot = path.resolve(import.meta.dirname, "../..");
const targets = (await listCatalogue(packageRoot, process.env)).filter(({ definition }) => answersContract(definition));

for (const { name, definition, unavailable } of targets) {
  test.skipIf(unavailable !== "")(`${name} answers the probe contract`, async ({ signal }) => {
    const lines = checkContract(definition, { runId: `contract-${process.pid}`, signal, env: process.env });
    const asked = await Array.fromAsync(lines);
    expect(asked.filter(({ state }) => state === "wrong")).toEqual([]);
    expect(asked.filter(({ state }) => state === "right").length).toBeGreaterThan(0);
  });
}
