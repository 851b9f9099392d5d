import { describe, expect, it } from "vitest";
import { failure, verdict } from "../sample-record.ts";
import { digestIn, renderDigest, withDigest } from "./digest.ts";
import { renderEvidence } from "./evidence.ts";
import { renderMatrixHtml } from "./html.ts";
import { renderMatrixMarkdown } from "./markdown.ts";
import { matrixOfRuns } from "./matrix.ts";
import { matrixRun, sampleRuns } from "./sample-runs.ts";

const matrix = matrixOfRuns(sampleRuns());
const NASTY = `<script>alert("1")</script>'&|\`\u001b[2J @someone #1`;
const nasty = matrixRun({
  name: "nasty",
  version: NASTY,
  status: "setup-failed",
  reason: NASTY,
  verdicts: [
    failure({ reason: NASTY, observed: NASTY, site: NASTY, evidence: [{ kind: "log", text: NASTY }], repeat: NASTY }),
    verdict({ requirement: "resources/no-zombies", observed: NASTY, site: NASTY }),
    verdict({ requirement: "rotation/compression-safe", verdict: "unsupported", reason: NASTY }),
  ],
});

/** Cells of each row of the Markdown tables. */
function tableRows(markdown: string): readonly number[][] {
  const tables: number[][] = [];
  let before = "";
  for (const line of markdown.split("\n")) {
    if (line.startsWith("| ")) {
      if (!before.startsWith("| ")) tables.push([]);
      tables.at(-1)?.push(line.split(/(?<!\\)\|/).length);
    }
    before = line;
  }
  return tables;
}

describe("matrix.md", () => {
  const markdown = renderMatrixMarkdown(matrix);

  it("has a table for each group, of the targets that its rules speak of", () => {
    expect(markdown).toContain("### Logging\n\n| rule | level | gunicorn-<br>sync |");
    expect(markdown).toContain("No rule of this group was decided on: a-proxy, seed.");
    expect(markdown).toContain("### Rotation\n\nNo target has what these rules speak of.");
  });

  it("shows each verdict by its symbol, with its word, as a link", () => {
    expect(markdown).toContain('| MUST | [❌](runs/gunicorn-sync.md#logging-ids-reconcile "fail") |');
    expect(markdown).toContain('[🔶](runs/gunicorn-sync.md#logging-no-interleaving "known-failure")');
  });

  it("has a row with its reason for a target that is not installed", () => {
    expect(markdown).toContain("| [seed](runs/seed.md) | stack |  | not installed: expected on PATH: nginx | 0 |");
  });

  it("gives no zero without its bound, and says what was not measured", () => {
    expect(markdown).toContain(
      "| [gunicorn-sync](runs/gunicorn-sync.md) | 0 (&lt; 750; 0 of 4,000) | n/a | 210 ms (1 reload) |",
    );
    expect(markdown).toContain("| 0 of 24,000 (&lt; 130 per million) |");
  });

  it("says when, where and with what it was made, and how it is made anew", () => {
    expect(markdown).toContain("hupspec 0.1.0 (catalogue 1), 2026-11-22.");
    expect(markdown).toContain("linux x64, kernel 6.18.0, 2 × a processor, Node 26.10.0");
    expect(markdown).toContain("npx hupspec matrix --fresh");
  });
});

describe("matrix.html", () => {
  const html = renderMatrixHtml(matrix);

  it("has a cell with symbol, colour, words and link for each verdict", () => {
    expect(html).toContain(
      '<td class="fail"><a href="runs/gunicorn-sync.html#gunicorn-sync/logging/ids-reconcile" ' +
        'title="fail: 12,000 trials, rate &lt; 0.073 %" aria-label="fail">✗</a></td>',
    );
  });

  it("has rules in groups, and an empty cell where a rule does not speak of a target", () => {
    expect(html.match(/<tr class="group">/g)).toHaveLength(6);
    expect(html).toContain('<th scope="row" title="');
    expect(html).toContain("<td></td>");
  });

  it("needs no other file to be read and runs nothing", () => {
    expect(html).not.toMatch(/<(script|link|img|iframe)|https?:|url\(/);
  });
});

describe("the page of evidence", () => {
  const page = renderEvidence(matrixRun({ ...sampleRuns()[2]?.record.targets[0] }));

  it("gives what was violated with expectation, observation, evidence, reason, link and the command that repeats it", () => {
    expect(page).toContain('<a id="logging-ids-reconcile"></a>\n\n### ✗ fail: `logging/ids-reconcile` (MUST)');
    expect(page).toContain("- expected: every request answered");
    expect(page).toContain("- observed: 3 of 12,000 requests lost (12,000 trials, rate < 0.073 % at 95 %)");
    expect(page).toContain("- request at 1,203 ms: `id r-000017");
    expect(page).toContain("- repeat: `npx hupspec run");
    expect(page).toContain("- reason: upstream bug - <https://example.org/1>");
  });

  it("tells a shared doubt once, under the anchors of all its rules", () => {
    expect(page.match(/the generator was late/g)).toHaveLength(1);
    expect(page).toContain('<a id="availability-reload-loses-nothing"></a><a id="availability-stall-bounded"></a>');
  });

  it("reduces what passed to observation, trials and bound", () => {
    expect(page).toContain(
      "| `availability/reload-loses-nothing` | MUST | 0 of 12,000 requests lost | 12,000 | < 0.025 % |",
    );
  });
});

describe("the digest", () => {
  const digest = renderDigest(matrix, "reports/published");

  it("has a row for each target, with date and environment", () => {
    expect(digest).toContain("2026-11-22, on linux x64, kernel 6.18.0");
    expect(digest).toContain(
      "| [a-proxy](reports/published/runs/a-proxy.md) | nginx version: nginx/1.22.1 | 1 | 0 | 0 | 0 | 0 |",
    );
    expect(digest).toContain("| [seed](reports/published/runs/seed.md) | not installed: expected on PATH: nginx |");
  });

  it("stands between its marks, wherever they are", () => {
    const readme = "# x\n<!-- matrix:begin -->\nold\n<!-- matrix:end -->\nrest\n";
    const renewed = withDigest(readme, digest) ?? "";
    expect(digestIn(readme)).toBe("old\n");
    expect(digestIn(renewed)).toBe(digest);
    expect(renewed.startsWith("# x\n<!-- matrix:begin -->\n") && renewed.endsWith("<!-- matrix:end -->\nrest\n")).toBe(
      true,
    );
    expect(withDigest("# x\n", digest)).toBeUndefined();
    expect(withDigest("<!-- matrix:end -->\n<!-- matrix:begin -->\n", digest)).toBeUndefined();
  });
});

describe("text from a server", () => {
  const nastyMatrix = matrixOfRuns([nasty]);

  it("never becomes markup in HTML", () => {
    const html = renderMatrixHtml(nastyMatrix);
    expect(html).not.toContain("<script");
    expect(html).not.toContain("\u001b");
    expect(html).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
  });

  it.each([
    ["matrix.md", renderMatrixMarkdown(nastyMatrix)],
    ["the page of evidence", renderEvidence(nasty)],
    ["the digest", renderDigest(nastyMatrix, "x")],
  ])("neither forms markup nor calls anyone in %s, and leaves tables whole", (_, markdown) => {
    const outsideCode = markdown.replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, "");
    expect(outsideCode).not.toMatch(/<script|@someone/);
    expect(markdown).not.toContain("\u001b");
    for (const widths of tableRows(markdown)) expect(new Set(widths).size).toBe(1);
    expect(tableRows(markdown).length).toBeGreaterThan(0);
  });
});
