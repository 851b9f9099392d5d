import type { HeldRequest, History } from "../../spec/history.ts";
import type { Finding } from "../../spec/verdict.ts";
import { drainWindows, goneMs, overdue, stuckIn } from "./drain-windows.ts";
import { decide, type Fault, held, inconclusive, violated } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { describeHeld, spans } from "../served-by.ts";

/* What the deadline of a drain means for requests: it ends what is stuck, and nothing before. */
export const deadlines = {
  "lifecycle/drain-deadline-enforced": drainDeadlineEnforced,
  "lifecycle/drain-cut-logged": drainCutLogged,
  "lifecycle/not-cut-before-deadline": notCutBeforeDeadline,
};

// The drain deadline ends what is stuck: after it no worker of the old code is left.
function drainDeadlineEnforced(history: History): Finding {
  const windows = drainWindows(history).filter((window) => stuckIn(window, history.held).length > 0);
  if (windows.length === 0) return inconclusive("no request was stuck while a reload drained");
  const faults: Fault[] = [];
  const parts: string[] = [];
  let trials = 0;
  for (const window of windows) {
    const stuck = stuckIn(window, history.held);
    const late = overdue(history, window);
    if (!late) return inconclusive("the process table was not looked at until the deadline was over");
    faults.push(...late.map((evidence) => ({ count: 1, evidence })));
    const outlived = stuck.filter(
      (request) => isAnsweredByApp(history, request) && request.row.doneMs > window.latestMs,
    );
    if (window.leaving.size === 0 && outlived.length === 0) {
      return inconclusive("no process was known from before the reload that had to leave");
    }
    faults.push(...outlived.map((request) => faultOf(request)));
    trials += window.leaving.size + stuck.length;
    const gone = goneMs(history.processes.samples, window);
    const served = window.reload.servedMs ?? Number.NaN;
    parts.push(
      `${stuck.length} stuck requests, ${window.leaving.size} old processes ` +
        (Number.isNaN(gone) ? "never gone" : `gone ${(gone - served).toFixed(0)} ms after the new code served`),
    );
  }
  return decide({
    trials,
    faults,
    expected: `everything old gone ${history.target.drainMs} ms after the drain began, give or take a second`,
    observed: `${parts.join("; ")} (deadline ${history.target.drainMs} ms)`,
  });
}

/** A proxy may ask another worker in place of one that went; and nobody reads on a held download, so its end comes late. */
function isAnsweredByApp({ target }: History, { door, by }: HeldRequest): boolean {
  return by !== "download" && door === (target.role === "app-server" ? "front" : "direct");
}

/** Words by which servers tell that they ended something that did not end by itself. */
const TELLS_OF_CUT =
  /dead ?line|time(?:d|s)?[ -]?(?:is |was )?(?:out|up|limit)|\bcut\b|kill|forc(?:e|ing)|abort|terminat|mercy|still (?:there|running|open|alive|active)|gave up|giving up|open (?:socket|connection)|expire|exceed/i;

// What the drain deadline ended stands in the server's own log.
function drainCutLogged(history: History): Finding {
  const cut = drainWindows(history).flatMap((window) =>
    stuckIn(window, history.held).filter(({ row }) => row.outcome !== "ok"),
  );
  if (cut.length === 0) return inconclusive("nothing was cut at the deadline of a drain");
  const looks = observationsOf(history, "log-lines");
  const [before, after] = [looks[0], looks.at(-1)];
  if (!before || !after || before === after) return inconclusive("the server's log was not read before and after");
  // The log only grows, but its files may have moved: taken apart line by line.
  const known = new Map<string, number>();
  for (const line of before.lines) known.set(line, (known.get(line) ?? 0) + 1);
  const added = after.lines.filter((line) => {
    const count = known.get(line) ?? 0;
    known.set(line, count - 1);
    return count <= 0;
  });
  const telling = added.filter((line) => TELLS_OF_CUT.test(line));
  const text = `${cut.length} requests were cut; ${added.length} lines of the server's own since the reload`;
  if (telling.length > 0) return held(cut.length, `${text}, ${telling.length} of them tell of it: ${telling[0]}`);
  return violated({
    trials: cut.length,
    violations: cut.length,
    expected: "a line that says that connections were closed, or a worker ended, because the time was up",
    observed: `${text}, none of which tells of it`,
    evidence: [
      ...cut.slice(0, 2).map(({ row, door }) => faultOf({ row, door }).evidence),
      ...added.slice(-6).map((line) => ({ kind: "log" as const, text: line })),
    ],
  });
}

// Work in flight that ends within the drain's time is not cut before it is over.
function notCutBeforeDeadline(history: History): Finding {
  const { drainMs } = history.target;
  const short = drainWindows(history).flatMap(({ reload, earliestMs }) =>
    history.held
      .filter(
        (request) => (request.by ?? "gate") === "gate" && spans(request, reload) && request.releasedMs < earliestMs,
      )
      .map((request) => ({ request, earliestMs, tookMs: request.releasedMs - reload.startedMs })),
  );
  const failed = short.filter(({ request }) => request.row.outcome !== "ok");
  const cut = failed.filter(({ request, earliestMs }) => request.row.doneMs < earliestMs);
  const [late] = failed.filter((one) => !cut.includes(one));
  // Let go on in time, but not ended before the deadline either: that may be the machine's doing.
  if (cut.length === 0 && late) return inconclusive(`${late.request.row.id} was cut, but at the deadline only`);
  return decide({
    trials: short.length,
    faults: cut.map(({ request }) => faultOf(request)),
    expected: `an answer to what takes less than the ${drainMs} ms of the drain`,
    observed: `${short.length - failed.length} of ${short.length} requests completed that were let go on up to ${Math.max(0, ...short.map(({ tookMs }) => tookMs)).toFixed(0)} ms after the reload (deadline ${drainMs} ms)`,
  });
}

function faultOf({ row, door, by = "gate" }: Pick<HeldRequest, "row" | "door" | "by">): Fault {
  return { count: 1, evidence: { kind: "request", atMs: row.doneMs, text: describeHeld(row, `${by}, ${door}`) } };
}
