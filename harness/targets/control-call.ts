import { request } from "node:http";
import type { CommandResult } from "../process/run-command.ts";
import type { ControlCall, ControlRequest } from "../spec/control.ts";
import { LIMITS } from "../spec/limits.ts";
import type { ControlCallSeen } from "../spec/control-observation.ts";
import { fill, fillAll, type PlaceholderValues } from "./placeholders.ts";

/** What came of a call; instants are of `performance.now()`. */
export type CallOutcome = Omit<ControlCallSeen, "kind" | "name">;

export interface CallReach {
  /** `site`, and `program` and `verb` where the call has one. */
  readonly values: PlaceholderValues;
  readonly run: (command: readonly string[]) => Promise<CommandResult>;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

const PROGRAM = "${program}";

/** Makes one call to the control interface. Whatever comes of it is a value; rejects on abort only. */
export async function performCall(call: ControlCall, reach: CallReach): Promise<CallOutcome> {
  if ("http" in call) return performRequest(fillAll(call.http, reach.values), reach);
  const { values } = reach;
  const command = call.command
    .filter((argument) => values.program !== undefined || !argument.includes(PROGRAM))
    .map((argument) => fill(argument, values));
  const startedMs = performance.now();
  const { stdout, stderr, exitCode, error } = await reach.run(command);
  const answer = exitCode === null ? "broken" : error === undefined ? "accepted" : "refused";
  return {
    call: command.join(" "),
    startedMs,
    endedMs: performance.now(),
    answer,
    outcome: exitCode === null ? (error ?? "no exit status") : `exit status ${exitCode}`,
    output: stdout,
    complaint: stderr,
  };
}

async function performRequest(plan: ControlRequest, { withinMs, signal }: CallReach): Promise<CallOutcome> {
  const startedMs = performance.now();
  const call = `${plan.method} ${plan.path} at ${plan.at}`;
  try {
    const { status, body } = await exchange(plan, AbortSignal.any([signal, AbortSignal.timeout(withinMs)]));
    const answer = judge(plan, status, body);
    const [output, complaint] = answer === "accepted" ? [body, ""] : ["", body];
    return { call, startedMs, endedMs: performance.now(), answer, outcome: `status ${status}`, output, complaint };
  } catch (error) {
    signal.throwIfAborted();
    const outcome = `no answer (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
    return { call, startedMs, endedMs: performance.now(), answer: "broken", outcome, output: "", complaint: "" };
  }
}

function judge({ refusedBy }: ControlRequest, status: number, body: string): CallOutcome["answer"] {
  if (status >= 200 && status < 300) {
    return refusedBy !== undefined && new RegExp(refusedBy).test(body) ? "refused" : "accepted";
  }
  return (status >= 400 && status < 500) || status === NOT_IMPLEMENTED ? "refused" : "broken";
}

const NOT_IMPLEMENTED = 501;

function exchange(
  { at, method, path, type, body }: ControlRequest,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly body: string }> {
  const { hostname, port } = at.startsWith("/") ? { hostname: "", port: "" } : new URL(at);
  const target = at.startsWith("/") ? { socketPath: at } : { host: hostname.replace(/^\[|\]$/g, ""), port };
  const headers =
    body === undefined ? {} : { "content-length": Buffer.byteLength(body), ...(type && { "content-type": type }) };
  return new Promise((resolve, reject) => {
    const ask = request({ ...target, method, path, headers, agent: false, signal }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text = (text + chunk).slice(0, LIMITS.outputBytes)));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.once("error", reject);
    });
    ask.once("error", reject);
    ask.end(body);
  });
}
