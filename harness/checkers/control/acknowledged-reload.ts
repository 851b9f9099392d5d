import type { ActionRecord, History, LedgerRow } from "../../spec/history.ts";
import type { ControlCallSeen } from "../../spec/control-observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import { callFault, describeCall, fault } from "./control-evidence.ts";
import { decide, type Fault, inconclusive, unsupported } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { culprits } from "../request-evidence.ts";

export const acknowledgedReload = {
  "control/reload-is-acknowledged": reloadIsAcknowledged,
  "control/reload-names-generation": reloadNamesGeneration,
};

/** A reload that was asked for by the control interface, and what that said of it. */
interface Acknowledged {
  readonly action: ActionRecord;
  readonly call: ControlCallSeen;
  /** Answers to connections that were opened after the call had returned and before anything else was done. */
  readonly after: readonly LedgerRow[];
  /** When the new generation, or a later one, first answered a fresh connection. */
  readonly firstNewMs: number | undefined;
}

// A reload has an outcome: success once the new code serves and the old accepts nothing any more, not before; failure if it fails.
function reloadIsAcknowledged(history: History): Finding {
  const answers = culprits(history.loads, ({ outcome }) => outcome === "ok");
  if (answers.length > 0 && answers.every(({ row }) => row.generation === 0)) {
    return unsupported("the answers do not tell which generation they come from");
  }
  const asked = acknowledged(history);
  const sound = asked.filter(({ action }) => action.release === "ok");
  const broken = asked.filter(({ action }) => action.release !== "ok");
  const early = sound.filter(({ call }) => call.answer === "accepted").flatMap(tooEarly);
  const denied = sound.filter(({ call }) => call.answer !== "accepted");
  const falsely = broken.filter(({ call }) => call.answer === "accepted");
  // A release that hangs may take its time; one that failed has an outcome.
  const silent = broken.filter(({ action, call }) => action.release === "fail" && call.answer === "broken");
  const faults: readonly Fault[] = [
    ...early,
    ...[...denied, ...silent].map(({ call }) => callFault(call)),
    ...falsely.map(({ action, call }) => {
      const text = `reload ${action.index}, whose release ${action.release === "fail" ? "fails" : "hangs"}, was reported as a success: ${describeCall(call)}`;
      return fault({ kind: "action", atMs: call.endedMs, text });
    }),
  ];
  const reason = whyUndecided(asked);
  if (faults.length === 0 && reason !== undefined) return inconclusive(reason);
  const rows = sound.reduce((sum, { after }) => sum + after.length, 0);
  return decide({
    trials: asked.length + rows,
    faults,
    expected: "success when fresh connections meet the new code alone, a failure where the new code does not come up",
    observed: `${early.length} of ${sound.length} successes came too early, ${denied.length} were told as failures; ${falsely.length} of ${broken.length} failures were told as successes, ${silent.length} had no outcome; ${rows} connections opened after a success`,
  });
}

/** A success that the requests around it contradict. */
function tooEarly({ action, call, after, firstNewMs }: Acknowledged): readonly Fault[] {
  const what = `reload ${action.index} to generation ${action.generation} was acknowledged at ${call.endedMs.toFixed(1)} ms`;
  const first =
    firstNewMs === undefined ? "the new one never answered" : `the new one first answered ${since(call, firstNewMs)}`;
  const old = after.filter(({ generation }) => generation < action.generation);
  const [row] = old;
  if (row) {
    const text = `${what}; generation ${row.generation} still answered ${old.length} connections opened after that, ${row.id} first (${since(call, row.intendedMs)}); ${first}`;
    return [{ count: old.length, evidence: { kind: "request", atMs: row.intendedMs, text } }];
  }
  // Where connections only wait for the new code, no old answer shows it. Half of the boot is more than any noise.
  const lateMs = (firstNewMs ?? Number.POSITIVE_INFINITY) - call.endedMs;
  if (action.bootDelayMs === 0 || lateMs <= action.bootDelayMs / 2) return [];
  return [
    fault({
      kind: "action",
      atMs: call.endedMs,
      text: `${what}, though its release takes ${action.bootDelayMs} ms to boot: ${first}`,
    }),
  ];
}

// The outcome of a reload names the generation that it brought into force.
function reloadNamesGeneration(history: History): Finding {
  const told = acknowledged(history).filter(
    ({ action, call }) => action.release === "ok" && call.answer === "accepted",
  );
  const nameless = told.filter(({ action, call }) => {
    const words = (call.output + call.complaint).split(/[^0-9A-Za-z]+/);
    return !words.includes(String(action.generation));
  });
  return decide({
    trials: told.length,
    faults: nameless.map(({ call }) => callFault(call)),
    expected: "the number of the generation in what the command prints",
    observed: `${nameless.length} of ${told.length} successful reloads did not name their generation`,
  });
}

function acknowledged(history: History): readonly Acknowledged[] {
  const calls = observationsOf(history, "control-call", "reload");
  const actions = history.actions.filter(({ kind }) => kind === "reload");
  return actions.flatMap((action, index) => {
    // Each action is one call, in the same order.
    const call = calls[index];
    if (!call) return [];
    const untilMs = actions[index + 1]?.startedMs ?? Number.POSITIVE_INFINITY;
    const answers = history.loads
      .filter(({ connections }) => connections === "fresh")
      .flatMap(({ ledger }) => [...ledger.rows()])
      .filter(({ outcome }) => outcome === "ok");
    const after = answers
      .filter(({ intendedMs }) => intendedMs > call.endedMs && intendedMs < untilMs)
      .sort((a, b) => a.intendedMs - b.intendedMs);
    const newMs = answers.flatMap(({ generation, firstByteMs }) =>
      generation >= action.generation ? [firstByteMs] : [],
    );
    return [{ action, call, after, firstNewMs: newMs.length > 0 ? Math.min(...newMs) : undefined }];
  });
}

function whyUndecided(asked: readonly Acknowledged[]): string | undefined {
  if (asked.length === 0) return "no reload was asked for by the control interface";
  const sound = asked.filter(({ action }) => action.release === "ok");
  if (sound.length === 0) return "no release that boots was deployed";
  if (sound.length === asked.length) return "no release that does not boot was deployed";
  const unseen = sound.find(({ after }) => after.length === 0);
  if (unseen) return `no connection was opened after reload ${unseen.action.index} had returned`;
  return undefined;
}

function since({ endedMs }: ControlCallSeen, atMs: number): string {
  return `${(atMs - endedMs).toFixed(1)} ms after it`;
}
