import { isScalar, LineCounter, parseDocument, visit } from "yaml";
import { ConfigFileError, type FileProblem } from "../../config/positioned-yaml.ts";

/** What placeholders stand for at one moment; parts that do not apply there are left out. */
export interface PlaceholderValues {
  readonly ports: ReadonlyMap<string, number>;
  readonly workspace: string;
  /** Symlink of every site. */
  readonly current: ReadonlyMap<string, string>;
  readonly gates: string;
  readonly targetDir: string;
  readonly workers: number;
  readonly node: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** In actions, `main` and `logs`: the site concerned. */
  readonly site?: string;
  /** In `control`: whom and what a call concerns. */
  readonly program?: string;
  readonly verb?: string;
  /** In `deploy` and `actions`: the release that is put in force. */
  readonly release?: { readonly generation: number; readonly folder: string };
}

/** The port that plain `${port}` stands for. */
export const PLAIN_PORT = "";

/** `$${` is a literal `${`, for the shells and configuration languages that use the same sign. */
const PLACEHOLDER = /\$\$\{|\$\{([^}\n]*)\}/g;

const ENVIRONMENT = /^env\.([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/;
const NAMED = /^(port|current)\.([A-Za-z0-9][A-Za-z0-9_-]*)$/;
const KNOWN =
  "${port}, ${port.NAME}, ${workspace}, ${current}, ${current.NAME}, ${gates}, ${targetDir}, ${workers}, ${node}, ${site}, ${env.NAME:-default}";

/**
 * Fills in `text`.
 *
 * @throws {Error} at a placeholder that is unknown or does not apply; {@link checkPlaceholders} finds these before.
 */
export function fill(text: string, values: PlaceholderValues): string {
  return text.replace(PLACEHOLDER, (whole, name: string | undefined) => {
    if (name === undefined) return "${";
    const value = valueOf(name, values);
    if (value !== undefined) return value;
    throw new Error(`expected a placeholder that applies here, not ${whole}`);
  });
}

/** Fills in all strings of a value, keys excepted. */
export function fillAll<T>(value: T, values: PlaceholderValues): T;
export function fillAll(value: unknown, values: PlaceholderValues): unknown {
  if (typeof value === "string") return fill(value, values);
  if (Array.isArray(value)) return value.map((item) => fillAll(item as unknown, values));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillAll(item as unknown, values)]));
}

/** Names of the ports that a target file asks for; {@link PLAIN_PORT} for plain `${port}`. */
export function portNames(text: string): Set<string> {
  const names = new Set<string>();
  for (const [, name] of text.matchAll(PLACEHOLDER)) {
    if (name === "port") names.add(PLAIN_PORT);
    else if (name?.startsWith("port.")) names.add(name.slice("port.".length));
  }
  return names;
}

function valueOf(name: string, values: PlaceholderValues): string | undefined {
  const environment = ENVIRONMENT.exec(name);
  if (environment?.[1] !== undefined) return values.env[environment[1]] ?? environment[2];
  const named = NAMED.exec(name);
  if (named?.[1] === "port") return values.ports.get(named[2] ?? "")?.toString();
  if (named?.[1] === "current") return values.current.get(named[2] ?? "");
  switch (name) {
    case "port":
      return values.ports.get(PLAIN_PORT)?.toString();
    case "current":
      return values.current.get(values.site ?? [...values.current.keys()][0] ?? "");
    case "workspace":
    case "gates":
    case "targetDir":
    case "node":
      return values[name];
    case "workers":
      return String(values.workers);
    case "site":
    case "program":
    case "verb":
      return values[name];
    case "generation":
      return values.release?.generation.toString();
    case "release":
      return values.release?.folder;
    default:
      return undefined;
  }
}

/** Sections that speak of one site at a time. */
const PER_SITE = ["actions", "main", "logs", "deploy", "control", "badConfig"];

/**
 * Finds placeholders of a target file that are unknown or do not apply where they stand.
 *
 * @throws {ConfigFileError} with their positions.
 */
export function checkPlaceholders(text: string, file: string, sites: readonly string[]): void {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const problems: FileProblem[] = [];
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === "key" || !node.range || typeof node.value !== "string") return;
      const [start, end] = node.range;
      const keys = ancestors.flatMap((ancestor) =>
        "key" in ancestor && isScalar(ancestor.key) ? [String(ancestor.key.value)] : [],
      );
      for (const match of text.slice(start, end).matchAll(PLACEHOLDER)) {
        const message = match[1] === undefined ? undefined : complaint(match[1], keys[0] ?? "", sites);
        if (message === undefined) continue;
        const { line, col } = lines.linePos(start + match.index);
        problems.push({ file, line, column: col, key: keys.join("."), message });
      }
    },
  });
  if (problems.length > 0) throw new ConfigFileError(problems);
}

function complaint(name: string, section: string, sites: readonly string[]): string | undefined {
  const perSite = PER_SITE.includes(section);
  const named = NAMED.exec(name);
  if (named?.[1] === "current" && !sites.includes(named[2] ?? "")) {
    return `expected \${current.NAME} with one of the sites ${sites.join(", ")}, not "${named[2]}"`;
  }
  if (named || ["port", "workspace", "gates", "targetDir", "workers", "node"].includes(name)) return undefined;
  if (ENVIRONMENT.test(name)) return undefined;
  if (name === "current") {
    if (perSite || sites.length === 1) return undefined;
    return `expected \${current.NAME} with one of the sites ${sites.join(", ")}, for there are several`;
  }
  if (name === "site") return perSite ? undefined : `expected \${site} only in ${PER_SITE.join(", ")}`;
  if (name === "program" || name === "verb") {
    return section === "control" ? undefined : `expected \${${name}} only in control`;
  }
  if (name === "generation" || name === "release") {
    return section === "deploy" || section === "actions"
      ? undefined
      : `expected \${${name}} only in deploy and actions`;
  }
  return `unknown placeholder \${${name}}, expected one of ${KNOWN}`;
}
