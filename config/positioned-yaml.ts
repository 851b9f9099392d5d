import { readFile } from "node:fs/promises";
import { isMap, isNode, isScalar, LineCounter, type Document, parseDocument, visit } from "yaml";
import type { z } from "zod";
import { nearest, wordIssue, wordSyntax } from "./wording.ts";

/** One thing wrong in a file that a person wrote: where it stands and what was expected there. */
export interface FileProblem {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** Dotted path of the key, empty at the root. */
  readonly key: string;
  readonly message: string;
}

/** Bad input in a YAML file; `message` has one line `file:line:column: key: what was expected` per problem. */
export class ConfigFileError extends Error {
  override readonly name = "ConfigFileError";
  readonly problems: readonly FileProblem[];

  constructor(problems: readonly FileProblem[], options?: ErrorOptions) {
    super(problems.map(formatProblem).join("\n"), options);
    this.problems = problems;
  }
}

/** Reads, parses and validates `file` against `schema`; throws {@link ConfigFileError} on anything wrong. */
export async function readYamlFile<T>(
  file: string,
  schema: z.ZodType<T>,
  prepare?: (text: string) => string,
): Promise<T> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new ConfigFileError(
      [{ file, line: 1, column: 1, key: "", message: `expected a readable file (${reason})` }],
      { cause },
    );
  }
  return parseYaml(prepare ? prepare(text) : text, file, schema);
}

/** Like {@link readYamlFile} for text already read; `file` only labels the problems. */
export function parseYaml<T>(text: string, file: string, schema: z.ZodType<T>): T {
  const { document, at } = parse(text);
  const problems = [
    ...document.errors.map(({ code, message, pos }) => {
      const found = /^["']?([\w.-]*)/.exec(text.slice(pos[0]))?.[1] ?? "";
      return { file, ...at(pos[0]), key: "", message: wordSyntax(code, message, found) };
    }),
    ...unknownAliases(document).map(({ offset, name }) => {
      return { file, ...at(offset), key: "", message: `expected an anchor &${name} before *${name}` };
    }),
  ];
  if (problems.length > 0) throw new ConfigFileError(problems);
  const result = schema.safeParse(document.toJS() ?? {}, { error: wordIssue });
  if (result.success) return result.data;
  if (document.contents === null) {
    throw new ConfigFileError([{ file, line: 1, column: 1, key: "", message: "expected keys, found an empty file" }]);
  }
  throw new ConfigFileError(
    result.error.issues
      .flatMap((issue) => flattenIssue(issue, schema))
      .map(({ path, message }) => ({ file, ...at(offsetOf(document, path)), key: path.join("."), message })),
  );
}

/** A problem at a key of a file that was found right otherwise: something that only a look elsewhere could tell. */
export function problemAt(text: string, file: string, path: readonly PropertyKey[], message: string): FileProblem {
  const { document, at } = parse(text);
  return { file, ...at(offsetOf(document, path)), key: path.join("."), message };
}

function parse(text: string): {
  readonly document: Document;
  readonly at: (offset: number) => { readonly line: number; readonly column: number };
} {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  return { document, at };
}

function unknownAliases(document: Document): { readonly offset: number; readonly name: string }[] {
  const unknown: { offset: number; name: string }[] = [];
  visit(document, {
    Alias(_, node) {
      if (!node.resolve(document)) unknown.push({ offset: node.range?.[0] ?? 0, name: node.source });
    },
  });
  return unknown;
}

interface Located {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function flattenIssue(issue: z.core.$ZodIssue, schema: z.core.$ZodType | undefined): Located[] {
  if (issue.code === "unrecognized_keys") {
    const allowed = allowedKeys(schema, issue.path);
    const expected = allowed.length > 0 ? `, expected one of ${allowed.join(", ")}` : "";
    return issue.keys.map((key) => {
      const meant = nearest(key, allowed);
      const hint = meant === undefined ? "" : ` (did you mean ${meant}?)`;
      return { path: [...issue.path, key], message: `unknown key "${key}"${hint}${expected}` };
    });
  }
  // Of a union, the branch that came closest (fewest complaints, deepest) says what is wrong best.
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const union = schemaAt(schema, issue.path)?._zod.def;
    const options = union?.type === "union" ? (union as z.core.$ZodUnionDef).options : [];
    const branches = issue.errors.map((errors, index) =>
      errors.flatMap((error) => flattenIssue(error, options[index])),
    );
    const deepest = branches.toSorted((a, b) => depthOf(b) - depthOf(a) || a.length - b.length)[0] ?? [];
    if (depthOf(deepest) > 0) {
      return deepest.map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
    }
    // A union that says what it takes does so better than its branches.
    if (issue.message.startsWith("expected")) return [{ path: issue.path, message: issue.message }];
    const expected = [...new Set(branches.flat().map(({ message }) => message))].join(", or ");
    return [{ path: issue.path, message: expected || issue.message }];
  }
  return [{ path: issue.path, message: issue.message }];
}

function depthOf(located: readonly Located[]): number {
  return Math.max(0, ...located.map(({ path }) => path.length));
}

/** Offset of the key (or item) at `path`, or of the nearest ancestor that the file does contain. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true) ?? document.contents;
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last));
      if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0];
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function formatProblem({ file, line, column, key, message }: FileProblem): string {
  return `${file}:${line}:${column}: ${key === "" ? "" : `${key}: `}${message}`;
}

/** Keys of the object at `path`; none where the schema allows several shapes there. */
function allowedKeys(schema: z.core.$ZodType | undefined, path: readonly PropertyKey[]): readonly string[] {
  const def = schemaAt(schema, path)?._zod.def;
  if (def?.type === "object") return Object.keys((def as z.core.$ZodObjectDef).shape);
  const keyType = def?.type === "record" ? (def as z.core.$ZodRecordDef).keyType._zod.def : undefined;
  return keyType?.type === "enum" ? Object.values((keyType as z.core.$ZodEnumDef).entries).map(String) : [];
}

function schemaAt(schema: z.core.$ZodType | undefined, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  const [key, ...rest] = path;
  const node = schema && unwrapped(schema);
  return key === undefined || !node ? node : schemaAt(childOf(node, key), rest);
}

function childOf({ _zod: { def } }: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  switch (def.type) {
    case "object":
      return (def as z.core.$ZodObjectDef).shape[String(key)];
    case "record":
      return (def as z.core.$ZodRecordDef).valueType;
    case "array":
      return (def as z.core.$ZodArrayDef).element;
    default:
      return undefined;
  }
}

/** Defaults and optionals stand around the type that they speak of. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod;
  return "innerType" in def ? unwrapped(def.innerType as z.core.$ZodType) : schema;
}
