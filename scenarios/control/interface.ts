import type { ControlCall, ControlInterface } from "../../harness/spec/control.ts";
import type { Door } from "../../harness/spec/history.ts";
import { LIMITS } from "../../harness/spec/limits.ts";
import type { Scenario, Stage } from "../../harness/spec/scenario.ts";

const RATE = 100;
const STEADY_REQUESTS = 20;
/** A second start has ended by then, or it does not end. */
const SECOND_START_MS = 8_000;

const NOBODY = "no-such-program";

/** Names that exist in the languages servers are written in, and one that climbs out of its place. */
const UNKNOWN_VERBS = [
  "constructor",
  "__proto__",
  "toString",
  "eval",
  "system.shutdown",
  "supervisord.options.execve",
  "process.exit",
  "..%2f..%2fshutdown",
];
/** A command is a process each. */
const UNKNOWN_COMMANDS = ["supervisord.options.execve"];

/** The control interface as its owner, a deploy job, a stranger and a slip of the finger meet it. */
export const controlInterface: Scenario = {
  id: "control/interface",
  title: "Who may use the control interface, what it takes, what a second start and a stop do",
  decides: [
    "control/owner-only",
    "control/listed-verbs-only",
    "control/scoped-credential",
    "control/pid-query-is-safe",
    "control/second-start-harmless",
    "control/stop-takes-all",
  ],
  roles: ["supervisor", "stack"],
  actions: [],
  capabilities: ["control"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    const { control = {}, facts } = stage;
    const door: Door = stage.doors.includes("direct") ? "direct" : "front";
    const load = stage.openLoop({ name: "beside", door, ratePerSecond: RATE, connections: "fresh" });
    await load.further(STEADY_REQUESTS);
    await stage.inspectEndpoints({ name: "endpoints", asStranger: stage.phase === "trial" });
    await stage.inspectPorts("ports");
    if (control.pid) await stage.call({ name: "pid-of-site", call: control.pid, program: facts.site });
    if (stage.phase === "trial") {
      await askForPids(stage, control);
      await tryVerbs(stage, control);
      await tryCredential(stage, control);
      await startTwice(stage, control);
    }
    await load.further(STEADY_REQUESTS);
    await load.stop();
    if (stage.phase === "trial") await stopProgram(stage, control, door);
  },
};

async function askForPids(stage: Stage, { pid }: ControlInterface): Promise<void> {
  if (!pid) return;
  await stage.lookAtProcesses("at-pid-query");
  await stage.call({ name: "pid-of-nobody", call: pid, program: NOBODY });
  await stage.call({ name: "pid-of-nothing", call: pid });
}

async function tryVerbs(stage: Stage, { verbs = [] }: ControlInterface): Promise<void> {
  const program = stage.facts.site;
  for (const { call, known } of verbs) await stage.call({ name: "verb-known", call, program, verb: known });
  await stage.lookAtProcesses("before-verbs");
  for (const { call } of verbs) {
    for (const verb of "http" in call ? UNKNOWN_VERBS : UNKNOWN_COMMANDS) {
      await stage.call({ name: "verb-unknown", call, program, verb });
    }
  }
  await stage.lookAtProcesses("after-verbs");
}

/** What is refused comes first: what is allowed may go on for a while after it was asked for. */
async function tryCredential(stage: Stage, { scoped }: ControlInterface): Promise<void> {
  if (!scoped) return;
  const program = stage.facts.site;
  const { processes } = await stage.lookAtProcesses("before-scoped");
  for (const call of scoped.refused) {
    await stage.call({ name: "scoped-refused", call, program });
    for (const trick of tricks(call, scoped.allowed)) await stage.call({ name: "scoped-trick", call: trick, program });
  }
  await stage.lookAtProcesses("after-scoped");
  for (const call of scoped.allowed) await stage.call({ name: "scoped-allowed", call, program });
  await stage.until(() => stage.processes().length <= processes.length, stage.facts.settleMs);
}

/** The same path written so that a check may take it for another one, by way of a path that is allowed where one is known. */
function tricks(call: ControlCall, allowed: readonly ControlCall[]): readonly ControlCall[] {
  if (!("http" in call)) return [];
  const { path } = call.http;
  const open = allowed.flatMap((one) => ("http" in one ? [one.http.path.replace(/\?.*/, "")] : []))[0] ?? "/status";
  const up = (step: string): string => `${open}/${step.repeat(open.split("/").length - 1)}${path.slice(1)}`;
  const paths = [up("../"), up("%2e%2e/"), `/${path}`, `${path}/`, `${path}%00`, `http://localhost${path}`];
  return paths.map((path) => ({ http: { ...call.http, path } }));
}

async function startTwice(stage: Stage, { pid }: ControlInterface): Promise<void> {
  const look = async (when: "before" | "after"): Promise<void> => {
    const name = `${when}-second`;
    await stage.inspectEndpoints({ name, asStranger: false });
    if (stage.pidFile !== undefined) await stage.lookAtFile({ name, path: stage.pidFile });
    await stage.lookAtProcesses(name);
  };
  await look("before");
  await stage.startSecond({ name: "second-start", withinMs: SECOND_START_MS });
  await look("after");
  if (pid) await stage.call({ name: "pid-after-second", call: pid, program: stage.facts.site });
}

/** With subprocesses of the workers, where the application can start some. */
async function stopProgram(stage: Stage, { stop, pid }: ControlInterface, door: Door): Promise<void> {
  if (!stop) return;
  if (stage.capabilities.includes("subprocess") && stage.capabilities.includes("contract")) {
    for (let each = 0; each < stage.workers; each++) await stage.request({ name: "child", door, path: "/child" });
  }
  const { processes, mainPid } = await stage.lookAtProcesses("before-stop");
  await stage.call({ name: "stop", call: stop, program: stage.facts.site });
  const group = processes.find((process) => process.pid === mainPid)?.group;
  const members = new Set(processes.flatMap((process) => (process.group === group ? [process.pid] : [])));
  await stage.until(
    () => !stage.processes().some((process) => members.has(process.pid) && process.state !== "Z"),
    LIMITS.leftOverGraceMs,
  );
  await stage.lookAtProcesses("after-stop");
  if (pid) await stage.call({ name: "pid-of-stopped", call: pid, program: stage.facts.site });
}
