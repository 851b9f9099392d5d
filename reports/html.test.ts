import { describe, expect, it } from "vitest";
import { renderTimeline } from "./html-timeline.ts";
import { renderHtml } from "./html.ts";
import { failure, fullRecord, record, scenario, target } from "./sample-record.ts";

describe("report.html", () => {
  const html = renderHtml(fullRecord());

  it("opens with the conclusion and crosses rules with sites", () => {
    expect(html).toContain("<h1>hupspec: not conformant: a MUST failed</h1>");
    expect(html).toContain("<th>reference express</th><th>reference fastify</th>");
    expect(html).toContain('<td class="pass">✓ pass</td><td class="inconclusive">? inconclusive</td>');
  });

  it("opens what failed and folds the rest", () => {
    expect(html).toContain('<details open><summary class="fail">✗ fail logging/ids-reconcile (MUST)');
    expect(html).toContain('<details><summary class="pass">');
    expect(html).toContain('<dl id="reference/logging/ids-reconcile">');
    expect(html).toContain("<li>request at 1,203 ms: <code>id r-000017");
  });

  it("says why a target did not boot", () => {
    expect(html).toContain("<pre>setup-failed: port taken</pre>");
  });

  it("needs no other file and runs nothing", () => {
    expect(html).not.toMatch(/<(script|link|img|iframe)|https?:|url\(/);
  });

  it("lets nothing of a server become markup", () => {
    const nasty = `<script>alert("1")</script>'&\u001b`;
    const evidence = [{ kind: "log" as const, text: nasty }];
    const text = renderHtml(
      record({
        targets: [
          target({ name: nasty, version: nasty, scenarios: [scenario({ id: nasty })] }),
          target({
            verdicts: [failure({ requirement: nasty, site: nasty, reason: nasty, observed: nasty, evidence })],
          }),
        ],
      }),
    );
    expect(text).not.toContain("<script");
    expect(text).not.toContain("\u001b");
    expect(text).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&apos;&amp;\\x1b");
  });
});

describe("timeline of a reload", () => {
  const [reload] = scenario().metrics.reloads;

  it("stacks bad answers on good ones, to scale", () => {
    const svg = reload ? renderTimeline(reload) : "";
    expect(svg.match(/class="good"/g)).toHaveLength(4);
    expect(svg.match(/class="bad"/g)).toHaveLength(1);
    expect(svg).toContain('<rect class="good" x="8" y="0.00" width="3" height="60.00"/>');
    expect(svg).toContain('<rect class="bad" x="4" y="2.31" width="3" height="2.31"/>');
  });

  it("is left out where nothing was measured", () => {
    const timeline = { bucketMs: 25, good: [], bad: [] };
    expect(reload && renderTimeline({ ...reload, timeline })).toBe("");
  });
});
