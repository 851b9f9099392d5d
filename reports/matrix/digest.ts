import { row, tableHead, text } from "../markdown-text.ts";
import { SYMBOLS, VERDICT_WORDS } from "../words.ts";
import { FIGURE_COLUMNS } from "./figure-words.ts";
import { countsOf, datesOf, environmentsOf, KINDS, resultOf, versionsOf } from "./matrix-words.ts";
import { evidencePage, type Matrix, type MatrixTarget } from "./matrix.ts";

const BEGIN = "<!-- matrix:begin -->";
const END = "<!-- matrix:end -->";

/**
 * The matrix in a few lines, for a README.
 *
 * @param folder path of the matrix from the README, as in `reports/published`.
 */
export function renderDigest(matrix: Matrix, folder: string): string {
  const environments = environmentsOf(matrix).map(({ words }) => text(words));
  const shown = KINDS.filter((kind) => kind !== "unsupported" && kind !== "info");
  const head = tableHead([
    "target",
    "version",
    ...shown.map((kind) => SYMBOLS[kind]),
    ...FIGURE_COLUMNS.map(({ title }) => title),
  ]);
  const rows = matrix.targets.map((target) => digestRow(target, shown, folder));
  const legend = shown.map((kind) => `${SYMBOLS[kind]} ${VERDICT_WORDS[kind]}`).join(" · ");
  return (
    `${text(versionsOf(matrix))}, ${datesOf(matrix)}, on ${environments.join("; ")}. ` +
    `[The whole matrix](${folder}/matrix.md) has each rule with its evidence, and says what the figures are of.\n\n` +
    `${head}${rows.join("")}\n${legend}\n`
  );
}

function digestRow(target: MatrixTarget, shown: typeof KINDS, folder: string): string {
  const { name, version, status, figures, verdicts } = target;
  const link = `[${text(name)}](${folder}/${evidencePage(name, "md")})`;
  if (status !== "ok" || Object.keys(verdicts).length === 0)
    return row([link, text(resultOf(target), 120), ...shown.map(() => ""), ...FIGURE_COLUMNS.map(() => "")]);
  const counts = countsOf(target);
  return row([
    link,
    text(version, 60),
    ...shown.map((kind) => String(counts.get(kind) ?? 0)),
    ...FIGURE_COLUMNS.map(({ cell }) => text(cell(figures))),
  ]);
}

/** The text between the marks; undefined where there are none. */
export function digestIn(readme: string): string | undefined {
  const found = placeOf(readme);
  return found && readme.slice(found.from, found.to);
}

/** The same README with another digest between its marks; undefined where there are none. */
export function withDigest(readme: string, digest: string): string | undefined {
  const found = placeOf(readme);
  return found && readme.slice(0, found.from) + digest + readme.slice(found.to);
}

function placeOf(readme: string): { readonly from: number; readonly to: number } | undefined {
  const begin = readme.indexOf(`${BEGIN}\n`);
  const from = begin + BEGIN.length + 1;
  const to = readme.indexOf(END, from);
  return begin < 0 || to < 0 ? undefined : { from, to };
}
