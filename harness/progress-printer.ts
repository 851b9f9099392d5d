import type { ProgressEvent } from "./spec/progress.ts";
import type { RunRecord, ScenarioRecord } from "./spec/run-record.ts";
import type { Verdict } from "./spec/verdict.ts";
import { worstOf } from "./spec/verdict.ts";

export interface ProgressPrinterOptions {
  readonly out: { write(text: string): unknown; readonly columns?: number };
  /** `out` is a terminal: a live line is rewritten until a scenario has finished. */
  readonly isTTY: boolean;
  /** How a finished scenario is summed up, and the table at the end: rendering is no business of the engine. */
  readonly figures: (record: ScenarioRecord) => string;
  readonly table: (record: RunRecord) => string;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

export interface ProgressPrinter extends Disposable {
  readonly onProgress: (event: ProgressEvent) => void;
  /** Prints the table; the printer is of no use afterwards. */
  readonly finish: (record: RunRecord) => void;
}

/** One line per finished scenario; on a terminal also what is going on at the moment, with its seconds ticking. */
export function progressPrinter(options: ProgressPrinterOptions): ProgressPrinter {
  const live = options.isTTY ? liveLine(options) : undefined;
  const print = (line: string): void => {
    live?.clear();
    options.out.write(`${line}\n`);
  };
  // Scenarios of one target run one after the other, so that counting what ended gives the number of the next.
  let planned = 0;
  let ended = 0;

  return {
    onProgress(event) {
      switch (event.kind) {
        case "target-started":
          planned = event.scenarios;
          ended = 0;
          print(`${event.target}: ${event.scenarios} ${event.scenarios === 1 ? "scenario" : "scenarios"}`);
          break;
        case "scenario-started":
          live?.show(`[${Math.min(ended + 1, planned)}/${planned}] ${event.scenario}${siteOf(event)}: ${event.phase}`);
          break;
        case "scenario-finished":
          ended++;
          print(finishedLine(event.record, event.verdicts, options.figures(event.record)));
          break;
        case "target-finished":
          if (event.record.status !== "ok") {
            print(`  ${event.record.name}: ${event.record.status}: ${oneLine(event.record.reason)}`);
          }
          live?.clear();
          break;
      }
    },
    finish(record) {
      live?.end();
      options.out.write(`\n${options.table(record)}`);
    },
    [Symbol.dispose]() {
      live?.end();
    },
  };
}

/** `  pass  availability/reload-under-load (express) 12.3 s  12,034 requests, 0 lost (< 0.025 %)`. */
function finishedLine(record: ScenarioRecord, verdicts: readonly Verdict[], figures: string): string {
  const worst = worstStatus(record, verdicts);
  const seconds = `${(record.durationMs / 1000).toFixed(1)} s`;
  return `  ${worst.padEnd(13)} ${record.id}${siteOf(record)} ${seconds}${figures === "" ? "" : `  ${figures}`}`;
}

/** A scenario's own status may be worse than all its verdicts, as when its control was not sound. */
function worstStatus({ status }: ScenarioRecord, verdicts: readonly Verdict[]): string {
  if (status === "setup-failed") return status;
  return worstOf([status, ...verdicts.map(({ verdict }) => verdict)]);
}

function siteOf({ site }: { readonly site: string }): string {
  return site === "" ? "" : ` (${site})`;
}

/** First line of a longer text: what the server printed follows it, and stands in the table. */
function oneLine(text: string): string {
  return text.trim().split("\n").at(0) ?? "";
}

interface LiveLine {
  show(text: string): void;
  clear(): void;
  end(): void;
}

function liveLine({ out, now = () => performance.now() }: ProgressPrinterOptions): LiveLine {
  let text = "";
  let sinceMs = 0;
  const draw = (): void => {
    if (text === "") return;
    const line = `${text} ${Math.floor((now() - sinceMs) / 1000)} s`;
    // A line that wraps could not be taken back by one carriage return.
    out.write(`\r\u001B[2K${line.slice(0, Math.max((out.columns ?? 80) - 1, 1))}`);
  };
  const clear = (): void => {
    if (text !== "") out.write("\r\u001B[2K");
    text = "";
  };
  const ticking = setInterval(draw, 1000);
  ticking.unref();
  return {
    show(next) {
      text = next;
      sinceMs = now();
      draw();
    },
    clear,
    end() {
      clear();
      clearInterval(ticking);
    },
  };
}
