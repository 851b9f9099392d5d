import type { LedgerRow, LedgerView, RequestLogFacts, RequestLogView } from "../spec/history.ts";
import type { ServerFate } from "../spec/outcome.ts";

/** What client and log together say of one request; `answered` is a good answer that the log confirms. */
type RowFate = ServerFate | "answered";

export interface Reconciliation {
  readonly rows: number;
  /** Rows by fate; the values sum to `rows`. */
  readonly fates: Readonly<Record<RowFate, number>>;
  /** Good answers of which the log knows nothing. */
  readonly okUnlogged: number;
  /** Ids in the log that no ledger has. */
  readonly strangers: number;
  /** Of row `index` of ledger `ledger`, both counted from 0. */
  fateOf(ledger: number, index: number): RowFate;
}

const FATES = ["answered", "never-reached", "executed-answer-lost", "executed-twice", "unknown"] as const;

/**
 * Joins ledgers with the log, by request id.
 *
 * @param complete false if older parts of the log were rotated away: what it does not hold is then `unknown`.
 */
export function reconcile(
  ledgers: readonly LedgerView[],
  log: RequestLogView,
  { complete }: { readonly complete: boolean },
): Reconciliation {
  const fates: Record<RowFate, number> = {
    answered: 0,
    "never-reached": 0,
    "executed-answer-lost": 0,
    "executed-twice": 0,
    unknown: 0,
  };
  let rows = 0;
  let okUnlogged = 0;
  let matched = 0;
  const codes = ledgers.map((ledger) => {
    const codesOfLedger = new Uint8Array(ledger.size);
    let index = 0;
    for (const row of ledger.rows()) {
      const facts = log.get(row.id);
      const fate = fateOfRow(row, facts, complete);
      if (facts) matched++;
      else if (row.outcome === "ok") okUnlogged++;
      fates[fate]++;
      codesOfLedger[index++] = FATES.indexOf(fate);
    }
    rows += index;
    return codesOfLedger;
  });
  return {
    rows,
    fates,
    okUnlogged,
    strangers: log.size - matched,
    fateOf: (ledger, index) => FATES[codes[ledger]?.[index] ?? -1] ?? "unknown",
  };
}

/** `complete` as for {@link reconcile}. */
function fateOfRow(row: LedgerRow, facts: RequestLogFacts | undefined, complete: boolean): RowFate {
  const executions = facts ? Math.max(facts.received, facts.answered) : 0;
  if (executions > 1) return "executed-twice";
  if (row.outcome === "ok") return executions === 1 ? "answered" : "unknown";
  if (executions === 1) return "executed-answer-lost";
  return complete || row.outcome === "unsent" ? "never-reached" : "unknown";
}
