import type { CatalogueChange } from "../harness/spec/catalogue-changes.ts";
import { groupOf, type RequirementGroup } from "../harness/spec/groups.ts";
import type { Level, Requirement } from "../harness/spec/requirement.ts";
import type { Scenario } from "../harness/spec/scenario.ts";

export interface SpecificationParts {
  readonly groups: readonly RequirementGroup[];
  readonly requirements: readonly Requirement[];
  readonly scenarios: readonly Scenario[];
  readonly changes: readonly CatalogueChange[];
}

/** `SPEC.md`: the catalogue as a standard that is read from top to bottom. */
export function renderSpecification({ groups, requirements, scenarios, changes }: SpecificationParts): string {
  const version = changes.at(-1);
  const sections = groups.flatMap((group, index) => {
    const rules = requirements.filter(({ id }) => groupOf(id) === group.id);
    if (rules.length === 0) return [];
    return [
      `## ${index + 5}. ${group.title}\n\n${group.intro}\n`,
      ...rules.map((rule) =>
        ruleSection(
          rule,
          scenarios.filter(({ decides }) => decides.includes(rule.id)),
        ),
      ),
    ];
  });
  return [
    `# Graceful reload: requirements\n\nVersion ${version?.version ?? 0} of the catalogue, ${version?.date ?? ""}. ${countsOf(requirements)}\n`,
    PREFACE,
    contents(groups, requirements),
    ...sections,
    scenarioSection(scenarios, groups.length + 5),
    changeSection(changes, groups.length + 6),
  ].join("\n");
}

const PREFACE = `This document says what a server keeps when it is told to take up new code or new settings while it serves. It is written for
the authors of servers, process managers and proxies, and for those who run them. Each rule is one sentence that can be decided
from outside, on any server, in any language; how it is decided is code, and the command that repeats it stands in every verdict.
The file is generated from the catalogue that the suite itself uses (\`node scenarios/write-specification.ts\`), so neither can say
what the other does not.

## 1. Terms

- **target**: the running server that is judged, with everything that its target file starts.
- **release**: a folder of application code with a number, its **generation**. \`current\` is a symbolic link to the release in force; a
  **deploy** puts another release in force, a **reload** makes the server take it up.
- **worker**: a process that answers requests. **Old** workers belong to an earlier generation than the one that was asked for.
- **serves**: a reload serves from the moment on at which fresh requests are answered by the new generation alone.
- **settled**: a reload has settled when every process that answered with an older generation is gone. The target file says how long that
  may take (\`settleMs\`), counted from the signal, or from the release of the last request that was held across it.
- **drain**: an old worker finishes what it has accepted. The **deadline** (\`drainMs\`) ends what is still there by then.
- **reload window**: from the signal until the reload has settled, or should have.
- **fresh** connection: one that carries its first request; **reused**: one that has carried a request before.
- **door**: the way in by which requests come: the front of a stack, or straight at the application server behind it.
- **held** request: one in flight that the application answers only when the suite opens its gate.
- **control**: the same workload without the reload. **Trial**: with it.

## 2. Levels

The words MUST and SHOULD are used as in RFC 2119.

- **MUST**: a violation fails the target.
- **SHOULD**: a violation is a warning.
- **BEST**: what the best possible server would do. Never counts against a target.
- **CHECK**: observed and reported, without judgement.

## 3. How a rule is decided

1. The target is booted from its target file, in a folder of its own, with ports chosen by the suite.
2. The **control** runs first. A target that fails without any reload makes the run inconclusive, not the target non-conformant.
3. The **trial** drives the same workload with the reload, the rotation or the fault, and records a history: one row per request, the
   process table, the log as it lies on disk, raw bytes where they matter. Nothing is retried. Latency counts from the intended time.
4. A **checker**, a pure function of the finished history, finds that the rule *held*, was *violated*, or that the history *can't tell*: the reload had no
   effect, the load did not overlap it, the generator was late, nothing was tried. What can't be told is **inconclusive**: never a pass, never the target's failure.
5. None is not zero: "0 of N" means a rate below 3/N with 95 % confidence, and that bound stands beside each verdict.
6. A rule that needs what the target does not claim to have (its role, or a capability) is **unsupported**.
7. A failure that the target file lists as known, with its reason, is a **known failure**; one that no longer fails turns the run red.

## 4. What a target provides

The application under test answers the probe contract: ten routes that let the suite see generation and worker of each answer, hold a request in
flight, and have log records of any size written. Each record carries a sequence number and a checksum. A service that does not answer it is
judged from outside, by one path and a header that names the release; rules that need more are unsupported. A target file says how the server is
started, reloaded, stopped, and what it can do.
`;

const LEVEL_ORDER = ["MUST", "SHOULD", "BEST", "CHECK"] as const satisfies readonly Level[];

function countsOf(requirements: readonly Requirement[]): string {
  const counts = LEVEL_ORDER.map((level) => {
    const number = requirements.filter((rule) => rule.level === level).length;
    return `${number} ${level}`;
  });
  return `${requirements.length} rules: ${counts.join(", ")}.`;
}

function contents(groups: readonly RequirementGroup[], requirements: readonly Requirement[]): string {
  const lines = groups.map(({ id, title }, index) => {
    const rules = requirements.filter((rule) => groupOf(rule.id) === id);
    const links = rules.map((rule) => `[${slugOf(rule.id)}](#${anchorOf(rule.id)})`);
    return `- **${index + 5}. ${title}**: ${links.join(", ")}`;
  });
  return `${lines.join("\n")}\n`;
}

function ruleSection(rule: Requirement, deciding: readonly Scenario[]): string {
  const needs = rule.capabilities.map((name) => (name === "contract" ? "the probe contract" : `\`${name}\``));
  const facts = [
    ...(rule.clause === undefined ? [] : [`Clause: ${rule.clause}.`]),
    ...(rule.roles.length === 0 ? [] : [`Speaks of targets in the role ${rule.roles.join(", ")}.`]),
    ...(needs.length === 0 ? [] : [`Needs: ${needs.join(", ")}.`]),
    `Decided by: ${deciding.map(({ id }) => `\`${id}\``).join(", ")}.`,
    ...(rule.evidence.length === 0 ? [] : [`Seen in the wild: ${rule.evidence.map(linked).join(", ")}.`]),
  ];
  return `### ${rule.id}\n\n**${rule.level}.** ${rule.sentence}\n\n${rule.why}\n\n${facts.map((fact) => `- ${fact}`).join("\n")}\n`;
}

function scenarioSection(scenarios: readonly Scenario[], number: number): string {
  const lines = scenarios.map(({ id, title, decides, variant, sites }) => {
    const how = [...(variant ? [`started as \`${variant}\``] : []), ...(sites === "one" ? ["on one site"] : [])];
    return `| \`${id}\` | ${title}${how.length > 0 ? ` (${how.join(", ")})` : ""} | ${decides.length} |`;
  });
  return [
    `## ${number}. Scenarios\n`,
    "A scenario drives and records; it never judges. One replay decides many rules. `npx hupspec run --only ID` repeats one.\n",
    "| scenario | what is done | rules |\n|---|---|---|",
    `${lines.join("\n")}\n`,
  ].join("\n");
}

function changeSection(changes: readonly CatalogueChange[], number: number): string {
  const versions = changes.toReversed().map(({ version, date, added, retired, notes }) => {
    const lines = [
      `${added.length} rules added${version === 1 ? "" : `: ${added.map((id) => `\`${id}\``).join(", ")}`}.`,
      ...(retired.length > 0 ? [`Retired: ${retired.map((id) => `\`${id}\``).join(", ")}.`] : []),
      ...notes,
    ];
    return `### Version ${version}, ${date}\n\n${lines.map((line) => `- ${line}`).join("\n")}\n`;
  });
  return [`## ${number}. Changes of the catalogue\n`, ...versions].join("\n");
}

/** `owner/repo#n` as a link to the public thread; anything else as it stands. */
function linked(evidence: string): string {
  const thread = /^([\w.-]+\/[\w.-]+)#(\d+)$/.exec(evidence);
  return thread ? `[${evidence}](https://github.com/${thread[1]}/issues/${thread[2]})` : evidence;
}

function slugOf(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}

/** As GitHub makes it from the heading. */
function anchorOf(id: string): string {
  return id.replaceAll("/", "");
}
