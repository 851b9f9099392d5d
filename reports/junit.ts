import type { RunRecord, ScenarioRecord, TargetRecord } from "../harness/spec/run-record.ts";
import type { Verdict, VerdictKind } from "../harness/spec/verdict.ts";
import { markupText, printable, printableLine } from "./printable.ts";
import { milliseconds } from "./words.ts";

/** `junit.xml`: a suite for each target, scenario and site; a case for each rule that was judged there. */
export function renderJunit(record: RunRecord): string {
  const suites = record.targets.flatMap((target) => suitesOf(target, record.run.startedAt));
  const totals = countsOf(suites.flatMap((suite) => suite.cases));
  const attributes = { name: `hupspec ${record.run.id}`, ...totals, time: time(record.run.durationMs) };
  const body = suites.map(renderSuite).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${render(attributes)}>\n${body}</testsuites>\n`;
}

interface Suite {
  readonly name: string;
  readonly timestamp: string;
  readonly durationMs: number;
  readonly cases: readonly Case[];
}

interface Case {
  readonly classname: string;
  readonly name: string;
  readonly result: "passed" | "failure" | "error" | "skipped";
  readonly message: string;
  readonly detail: string;
}

function suitesOf(target: TargetRecord, timestamp: string): Suite[] {
  if (target.status !== "ok" && target.scenarios.length + target.verdicts.length === 0) {
    return [
      { name: target.name, timestamp, durationMs: 0, cases: [notBooted(target.name, target.status, target.reason)] },
    ];
  }
  const keyed = new Map<string, { record?: ScenarioRecord; verdicts: Verdict[] }>();
  const entry = (scenario: string, site: string): { record?: ScenarioRecord; verdicts: Verdict[] } => {
    const name = suiteName(target, scenario, site);
    const known = keyed.get(name) ?? { verdicts: [] };
    keyed.set(name, known);
    return known;
  };
  for (const scenario of target.scenarios) entry(scenario.id, scenario.site).record = scenario;
  for (const verdict of target.verdicts) entry(verdict.scenario, verdict.site).verdicts.push(verdict);
  const suites = [...keyed].map(([name, { record, verdicts }]) => {
    const cases = verdicts.map((verdict) => caseOf(name, verdict));
    if (record?.status === "setup-failed") cases.push(notBooted(name, "setup-failed", target.reason));
    return { name, timestamp, durationMs: record?.durationMs ?? 0, cases };
  });
  if (target.status === "ok") return suites;
  return [
    ...suites,
    { name: target.name, timestamp, durationMs: 0, cases: [notBooted(target.name, target.status, target.reason)] },
  ];
}

function suiteName(target: TargetRecord, scenario: string, site: string): string {
  return [target.name, scenario, site].filter((part) => part !== "").join(" › ");
}

/** The harness or the surroundings stood in the way: JUnit calls that an error, not a failure. */
function notBooted(classname: string, status: string, reason: string): Case {
  return { classname, name: "target boots", result: "error", message: `${status}: ${reason}`, detail: reason };
}

const RESULTS: Readonly<Record<VerdictKind, Case["result"]>> = {
  pass: "passed",
  info: "passed",
  warn: "passed",
  fail: "failure",
  inconclusive: "error",
  unsupported: "skipped",
  "known-failure": "skipped",
};

function caseOf(classname: string, verdict: Verdict): Case {
  const { verdict: kind, reason, requirement, level } = verdict;
  const result = RESULTS[kind];
  // JUnit has fewer words than we have verdicts: where it has none of its own, ours leads the text.
  const message = result === "skipped" ? `${kind}: ${reason}` : reason;
  const silent = kind === "pass" || kind === "unsupported";
  const detail = silent ? "" : `${result === "passed" ? `${kind}: ` : ""}${detailOf(verdict)}`;
  return { classname, name: `${requirement} (${level})`, result, message, detail };
}

function detailOf({ reason, expected, observed, evidence, repeat }: Verdict): string {
  const lines = [reason, `expected: ${expected}`, `observed: ${observed}`];
  for (const { kind, atMs, text } of evidence) {
    lines.push(`${kind}${atMs === undefined ? "" : ` at ${milliseconds(atMs)}`}: ${text}`);
  }
  if (repeat !== "") lines.push(`repeat: ${repeat}`);
  return lines.join("\n");
}

function renderSuite({ name, timestamp, durationMs, cases }: Suite): string {
  const attributes = { name, ...countsOf(cases), time: time(durationMs), timestamp };
  return `  <testsuite${render(attributes)}>\n${cases.map(renderCase).join("")}  </testsuite>\n`;
}

function renderCase({ classname, name, result, message, detail }: Case): string {
  const start = `    <testcase${render({ classname, name })}`;
  if (result === "failure" || result === "error") {
    const attributes = render({ message, type: result });
    return `${start}>\n      <${result}${attributes}>${content(detail)}</${result}>\n    </testcase>\n`;
  }
  const skipped = result === "skipped" ? `      <skipped${render({ message })}/>\n` : "";
  const output = detail === "" ? "" : `      <system-out>${content(detail)}</system-out>\n`;
  return skipped + output === "" ? `${start}/>\n` : `${start}>\n${skipped}${output}    </testcase>\n`;
}

function countsOf(cases: readonly Case[]): { tests: number; failures: number; errors: number; skipped: number } {
  const of = (result: Case["result"]): number => cases.filter((one) => one.result === result).length;
  return { tests: cases.length, failures: of("failure"), errors: of("error"), skipped: of("skipped") };
}

/** Seconds, as JUnit wants them. */
function time(durationMs: number): string {
  return Number.isFinite(durationMs) ? (durationMs / 1000).toFixed(3) : "0.000";
}

function render(attributes: Readonly<Record<string, string | number>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${markupText(printableLine(String(value)))}"`)
    .join("");
}

function content(text: string): string {
  return markupText(printable(text));
}
