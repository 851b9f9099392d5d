import { describe, expect, it } from "vitest";
import { renderMarkdown } from "./markdown.ts";
import { code, linkedText, row, text } from "./markdown-text.ts";
import { failure, fullRecord, record, scenario, target, verdict } from "./sample-record.ts";

describe("summary.md", () => {
  const summary = renderMarkdown(fullRecord());

  it("opens with the conclusion", () => {
    expect(summary.startsWith("# hupspec: not conformant: a MUST failed\n")).toBe(true);
  });

  it("has a row for each rule and a column for each site", () => {
    expect(summary).toContain("| rule | level | express | fastify |");
    expect(summary).toContain("| `availability/reload-loses-nothing` | MUST | ✓ pass | ? inconclusive |");
  });

  it("gives what failed with expectation, observation, evidence and how to repeat it", () => {
    expect(summary).toContain("### ✗ fail: `logging/ids-reconcile` (MUST)");
    expect(summary).toContain("- expected: every request answered");
    expect(summary).toContain("- observed: 3 of 12,000 requests lost (12,000 trials, rate < 0.073 % at 95 %)");
    expect(summary).toContain("- request at 1,203 ms: `id r-000017 reset-before-answer-reused on connection 4`");
    expect(summary).toContain("- repeat: `npx hupspec run --target reference");
  });

  it("gives the reason of a target that did not boot", () => {
    expect(summary).toContain("**setup-failed**: port taken");
  });

  it("gives losses with N, bound and classes, latencies, reloads and log rates", () => {
    expect(summary).toContain("| fresh, front, fresh | 12,000 | 0 | < 0.025 % | ok 12,000 |");
    expect(summary).toContain("| during | 4,000 | 1.2 ms | 2.5 ms | 40 ms | 14 ms | 31.5 ms |");
    expect(summary).toContain("| 1 | 80.5 ms, 80.5 ms | 95 ms, 95 ms | 210 ms, 210 ms | 18.2 ms | 2 |");
    expect(summary).toContain("| 24,000 | 2,000 | 391 KiB/s |");
  });

  it("counts reloads of which a moment was not seen", () => {
    const base = scenario();
    const unseen = base.metrics.reloads.map((reload) => ({ ...reload, settledMs: null }));
    const metrics = { ...base.metrics, reloads: [...base.metrics.reloads, ...unseen] };
    const text = renderMarkdown(record({ targets: [target({ scenarios: [{ ...base, metrics }] })] }));
    expect(text).toContain("210 ms, 210 ms, not seen in 1");
  });

  it("stays below 60 kB, whatever failed, and counts what it leaves out", () => {
    const evidence = Array.from({ length: 10 }, () => ({ kind: "log" as const, text: "ä`|".repeat(2000) }));
    const verdicts = Array.from({ length: 900 }, (_, index) =>
      failure({ requirement: `group/rule-${index}`, reason: "ö".repeat(5000), evidence }),
    );
    const scenarios = Array.from({ length: 900 }, (_, index) =>
      scenario({ id: `group/${index}`, site: "x".repeat(500) }),
    );
    const huge = renderMarkdown(record({ targets: [target({ verdicts, scenarios }), target(), target({ verdicts })] }));
    expect(Buffer.byteLength(huge)).toBeLessThan(60_000);
    expect(Buffer.byteLength(huge)).toBeGreaterThan(30_000);
    expect(huge).toMatch(/_[\d,]+ more in `report\.json`\._/);
    expect(huge).toContain("## Not passed");
    expect(huge).toContain(": losses");
  });

  it("stays below 60 kB with very many targets", () => {
    const targets = Array.from({ length: 2000 }, (_, index) => target({ name: `t${index}`, verdicts: [verdict()] }));
    expect(Buffer.byteLength(renderMarkdown(record({ targets })))).toBeLessThan(60_000);
  });
});

describe("text from outside", () => {
  it("neither forms markup nor calls anyone", () => {
    expect(text("<b> a|b *c* @d #1 &amp; \u001b[2J\nnext")).toBe(
      "&lt;b\\> a\\|b \\*c\\* &#64;d &#35;1 &amp;amp; \\\\x1b\\[2J next",
    );
  });

  it("can't leave its code span or its cell", () => {
    expect(code("a `` b`")).toBe("``` a `` b` ```");
    expect(row([code("a|b"), text("c|d")])).toBe("| `a\\|b` | c\\|d |\n");
  });

  it("keeps addresses whole, and makes links of them only", () => {
    expect(linkedText("it's _known_: https://x.org/a_b#c, see #1")).toBe(
      "it's \\_known\\_: <https://x.org/a_b#c>, see &#35;1",
    );
    expect(linkedText("<https://x.org/`|>")).toBe("&lt;<https://x.org/>\\`\\|\\>");
  });

  it("is cut to its limit by whole characters", () => {
    expect(text("😀".repeat(10), 6)).toBe("😀😀…");
    expect(text("😀".repeat(10), 7)).toBe("😀😀😀…");
  });
});
