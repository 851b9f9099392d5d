import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Saboteur } from "./planted/saboteur.ts";

interface Judgement {
  readonly requirement: string;
  readonly level: string;
  readonly verdict: string;
  readonly observed: string;
}

interface Row {
  readonly rule: string;
  readonly saboteur: string;
  readonly scenario: string;
  readonly caught: boolean;
  readonly observed: string;
}

/** How many of the planted faults were caught by the rule that they were planted for, and who was accused without one. */
export class Score {
  readonly #folder: string;
  readonly #rows: Row[] = [];
  readonly #sound: { readonly name: string; readonly judged: number; readonly accused: readonly string[] }[] = [];

  /** @param folder where `saboteurs.md` and `saboteurs.json` are written. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  planted({ name, scenario, caughtBy }: Saboteur, judgements: readonly Judgement[]): void {
    for (const [rule, seen] of Object.entries(caughtBy)) {
      const found = judgements.find(({ requirement }) => requirement === rule);
      const caught = found !== undefined && isBlame(found) && seen.test(found.observed);
      this.#rows.push({ rule, saboteur: name, scenario, caught, observed: found?.observed ?? "" });
    }
  }

  sound(name: string, judgements: readonly Judgement[]): void {
    const decided = judgements.filter(({ verdict }) => verdict !== "unsupported" && verdict !== "inconclusive");
    const accused = decided.filter(({ verdict }) => verdict === "fail" || verdict === "warn");
    this.#sound.push({ name, judged: decided.length, accused: accused.map(({ requirement }) => requirement) });
  }

  /** Writes both files and resolves to the score in two lines. */
  async write(): Promise<string> {
    if (this.#rows.length + this.#sound.length === 0) return "no saboteur was chosen";
    const rows = this.#rows.toSorted((a, b) => a.rule.localeCompare(b.rule));
    const table = rows.map(
      ({ rule, saboteur, scenario, caught, observed }) =>
        `| \`${rule}\` | ${saboteur} | \`${scenario}\` | ${caught ? "caught" : "**missed**"} | ${observed.replaceAll("|", "/").slice(0, 160)} |`,
    );
    const lines = [
      `${this.#headline()}\n`,
      "| rule | saboteur | scenario | | observed |\n|---|---|---|---|---|",
      ...table,
      "\n| sound server | verdicts | accused by |\n|---|---|---|",
      ...this.#sound.map(({ name, judged, accused }) => `| ${name} | ${judged} | ${accused.join(", ") || "none"} |`),
    ];
    await mkdir(this.#folder, { recursive: true });
    await writeFile(path.join(this.#folder, "saboteurs.md"), `${lines.join("\n")}\n`);
    const record = { headline: this.#headline(), planted: rows, sound: this.#sound };
    await writeFile(path.join(this.#folder, "saboteurs.json"), `${JSON.stringify(record, undefined, 2)}\n`);
    return this.#headline();
  }

  #headline(): string {
    const caught = this.#rows.filter((row) => row.caught).length;
    const saboteurs = new Set(this.#rows.map(({ saboteur }) => saboteur)).size;
    const rules = new Set(this.#rows.map(({ rule }) => rule)).size;
    const judged = this.#sound.reduce((sum, one) => sum + one.judged, 0);
    const alarms = this.#sound.reduce((sum, { accused }) => sum + accused.length, 0);
    return (
      `${caught} of ${this.#rows.length} planted violations caught (${saboteurs} saboteurs, ${rules} rules); ` +
      `${alarms} false alarms in ${judged} verdicts on ${this.#sound.length} sound servers`
    );
  }
}

/** A violation of a BEST or CHECK rule never counts against a server, and still has to be told. */
function isBlame({ level, verdict }: Judgement): boolean {
  if (level === "MUST") return verdict === "fail";
  return level === "SHOULD" ? verdict === "warn" : verdict === "info";
}
