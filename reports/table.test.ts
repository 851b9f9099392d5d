import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { fullRecord, record, target, verdict } from "./sample-record.ts";
import { renderTable } from "./table.ts";

describe("table at the end of a run", () => {
  const plain = renderTable(fullRecord(), { color: false });

  it("aligns rules and sites and names each verdict by a word", () => {
    expect(plain).toContain("  rule                               level   express  fastify\n");
    expect(plain).toContain("  availability/reload-loses-nothing  MUST    ✓ pass   ? inconclusive\n");
    expect(plain).toContain("  logging/no-interleaving            MUST             ~ known-failure\n");
  });

  it("explains what failed", () => {
    expect(plain).toContain("✗ fail logging/ids-reconcile (availability/reload-under-load, express)");
    expect(plain).toContain("      observed: 3 of 12,000 requests lost\n");
    expect(plain).toContain("      repeat: npx hupspec run");
  });

  it("gives the reason of targets that did not run", () => {
    expect(plain).toContain("gunicorn 0.1.0 (stack): did not boot\n  unavailable: gunicorn is missing\n");
  });

  it("closes with the conclusion and the count of verdicts", () => {
    const last = plain.trimEnd().split("\n").at(-1);
    expect(last).toBe(
      "not conformant: a MUST failed · 1 pass, 1 unsupported, 1 info, 1 warn, 1 known-failure, 1 inconclusive, 1 fail · 61.5 s",
    );
  });

  it("passes no control character of a server on, coloured or not", () => {
    expect(plain).not.toContain("\u001b");
    const coloured = renderTable(fullRecord(), { color: true });
    expect(coloured).toContain("\u001b[31m✗ fail");
    expect(stripVTControlCharacters(coloured).replace(/ +$/gm, "")).toBe(plain);
  });

  it("leaves the name of the only site out where it has none", () => {
    expect(
      renderTable(record({ targets: [target({ verdicts: [verdict({ site: "" })] })] }), { color: false }),
    ).toContain("level  verdict\n");
  });
});
