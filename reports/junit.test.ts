import { describe, expect, it } from "vitest";
import { renderJunit } from "./junit.ts";
import { failure, fullRecord, record, scenario, target, verdict } from "./sample-record.ts";

describe("junit.xml", () => {
  const xml = renderJunit(fullRecord());

  it("counts what it holds", () => {
    expect(xml).toContain('tests="9" failures="1" errors="3" skipped="2"');
    expect(xml.match(/<testcase /g)).toHaveLength(9);
    expect(xml.match(/<failure /g)).toHaveLength(1);
    expect(xml.match(/<error /g)).toHaveLength(3);
    expect(xml.match(/<skipped /g)).toHaveLength(2);
  });

  it("has a suite for each target, scenario and site", () => {
    expect(xml).toContain('<testsuite name="reference › availability/reload-under-load › fastify" tests="3"');
    expect(xml).toContain('<testsuite name="gunicorn" tests="1"');
  });

  it("makes an inconclusive rule an error, a known failure a skip with its reason", () => {
    expect(xml).toContain('<error message="the generator was late" type="error">');
    expect(xml).toContain('<skipped message="known-failure: upstream bug"/>');
    expect(xml).toContain('<skipped message="unsupported: no compression"/>');
  });

  it("tells of a scenario that could not be set up", () => {
    const text = renderJunit(record({ targets: [target({ scenarios: [scenario({ status: "setup-failed" })] })] }));
    expect(text).toContain('errors="1"');
  });

  it("escapes whatever comes from a server", () => {
    const nasty = `<a href="x">'&\u0000\u0008\u001b\ud800\uffff]]>\u0085`;
    const text = renderJunit(
      record({ targets: [target({ name: nasty, verdicts: [failure({ reason: nasty }), verdict()] })] }),
    );
    expect(text).toContain("&lt;a href=&quot;x&quot;&gt;&apos;&amp;\\x00\\x08\\x1b\uFFFD\\xffff]]&gt;\\x85");
    expect(text).not.toMatch(/[^\n\P{Cc}]/u);
    expect(text.isWellFormed()).toBe(true);
    // Every ampersand that is left starts an entity, every bracket a tag.
    expect(text).not.toMatch(/&(?!(amp|lt|gt|quot|apos);)/);
    expect(text).not.toMatch(/<(?!\/?(testsuites?|testcase|failure|error|skipped|system-out)\b|\?xml)/);
  });
});
