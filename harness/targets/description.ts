import { ownEnvironment } from "./environment.ts";
import { fill, type PlaceholderValues } from "./placeholders.ts";
import type { TargetAction, TargetStep } from "./schema.ts";
import { MAIN_SITE, type TargetDefinition } from "./target-definition.ts";

/** One thing that would be done, in words: `[what, how]`. */
export type DescribedLine = readonly [string, string];

/**
 * What a run would start, write and send for a target, placeholders filled in as far as they are known before it: `<port>`,
 * `<workspace>`, `<generation>` and `<release>` stay open.
 */
export function describeTarget(
  definition: TargetDefinition,
  env: Readonly<Record<string, string | undefined>>,
): DescribedLine[] {
  const { settings, sites, appFolders } = definition;
  const values = openValues(definition, env);
  const words = (command: readonly string[], site?: string): string =>
    command.map((argument) => shown(argument, values, site)).join(" ");
  const lines: DescribedLine[] = [];
  if (settings.start) {
    lines.push(["starts", words(settings.start)]);
    for (const [name, value] of Object.entries(ownEnvironment(opened(definition), values))) {
      lines.push(["with", `${name}=${value}`]);
    }
  } else lines.push(["starts", "nothing: it runs already, and is left running"]);
  for (const file of Object.keys(settings.files)) lines.push(["writes", `<workspace>/${file}`]);
  for (const [site, folder] of appFolders) lines.push(["releases", `of ${site}: copies of ${folder}`]);
  const path = settings.ready.path ?? (settings.probe === "contract" ? "/" : settings.probe.path);
  for (const { name, url, direct } of sites) {
    for (const door of direct === undefined ? [url] : [url, direct]) {
      lines.push([
        "waits for",
        `GET ${path} at ${shown(door, values, name)}: 2xx within ${settings.ready.withinMs} ms`,
      ]);
      lines.push(["requests", `${describeProbe(definition)} at ${shown(door, values, name)}`]);
    }
  }
  for (const { name: site } of sites) {
    const of = sites.length > 1 || site !== MAIN_SITE ? ` of ${site}` : "";
    for (const file of Object.keys(settings.deploy.files)) lines.push([`deploy${of}`, `writes <workspace>/${file}`]);
    if (settings.deploy.command) lines.push([`deploy${of}`, words(settings.deploy.command, site)]);
    const actions: [string, TargetAction][] = Object.entries(settings.actions);
    if (settings.start && settings.actions.stop === undefined) actions.push(["stop", { signal: "TERM" }]);
    for (const [name, action] of actions) {
      for (const step of [action].flat()) {
        lines.push([`${name}${of}`, describeStep(step, definition, (text) => shown(text, values, site))]);
      }
    }
  }
  lines.push(["bounds", bounds(definition)]);
  return lines;
}

function describeProbe({ settings: { probe } }: TargetDefinition): string {
  if (probe === "contract") return "the routes of the probe contract";
  const { path, status, generation } = probe;
  const named = generation ? `the release in ${generation.header}` : "no release named";
  return `GET ${path}, answered with ${status}, ${named},`;
}

function describeStep(step: TargetStep, { settings }: TargetDefinition, filled: (text: string) => string): string {
  if ("command" in step) return step.command.map(filled).join(" ");
  if ("http" in step) return `${step.http.method} ${filled(step.http.url)}`;
  if ("touch" in step) return `touches ${filled(step.touch)}`;
  const { main } = settings;
  const whom = (): string => {
    if (step.pidfile !== undefined) return `the process named in ${filled(step.pidfile)}`;
    if (step.to === "child" || "child" in main) return "the process that it started";
    if ("pidfile" in main) return `the process named in ${filled(main.pidfile)}`;
    return `the process that ${main.command.map(filled).join(" ")} prints`;
  };
  return `SIG${step.signal} to ${whom()}`;
}

function bounds({ settings: { settleMs, drainMs, budget } }: TargetDefinition): string {
  return `a reload settles within ${settleMs} ms, drains within ${drainMs} ms, stalls for ${budget.stallMs} ms at most, p99 ${budget.p99Ms} ms`;
}

/** Known at the boot only. */
const OPEN = /(?<!\$)\$\{(port(?:\.[\w-]+)?|generation|release)\}/g;

function shown(text: string, values: PlaceholderValues, site?: string): string {
  return fill(open(text), site === undefined ? values : { ...values, site });
}

function open(text: string): string {
  return text.replace(OPEN, "<$1>");
}

function opened(definition: TargetDefinition): Pick<TargetDefinition, "settings" | "sites"> {
  const { settings, sites } = definition;
  const env = Object.fromEntries(Object.entries(settings.env).map(([name, value]) => [name, open(value)]));
  return { settings: { ...settings, env }, sites };
}

function openValues(
  { settings, sites, folder }: TargetDefinition,
  env: Readonly<Record<string, string | undefined>>,
): PlaceholderValues {
  return {
    ports: new Map(),
    workspace: "<workspace>",
    current: new Map(sites.map(({ name }) => [name, `<workspace>/sites/${name}/current`])),
    gates: "<workspace>/gates",
    targetDir: folder,
    workers: settings.workers,
    node: process.execPath,
    env,
  };
}
