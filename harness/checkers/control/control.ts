import type { History } from "../../spec/history.ts";
import type { ControlCallSeen, EndpointLook } from "../../spec/control-observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import { acknowledgedReload } from "./acknowledged-reload.ts";
import { callFault, changesBetween, describeCall, fault } from "./control-evidence.ts";
import { decide, type Fault, inconclusive } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { processControl } from "./process-control.ts";

export const control = {
  "control/owner-only": ownerOnly,
  "control/listed-verbs-only": listedVerbsOnly,
  "control/scoped-credential": scopedCredential,
  "control/pid-query-is-safe": pidQueryIsSafe,
  ...acknowledgedReload,
  ...processControl,
};

// The control interface is for its owner only, and opens no TCP port that nobody asked for.
function ownerOnly(history: History): Finding {
  const endpoints = observationsOf(history, "endpoint", "endpoints");
  const looks = observationsOf(history, "listening");
  if (endpoints.length === 0) return inconclusive("no endpoint was looked at");
  const missing = endpoints.find(({ path }) => path.length > 0 && path.at(-1)?.type !== "socket");
  if (missing) return inconclusive(`there is no socket at ${missing.endpoint}`);
  const listeners = looks.flatMap((look) => look.listeners.map((listener) => ({ ...listener, look })));
  const undeclared = listeners.filter(({ port, look }) => !look.declared.includes(port));
  const faults: Fault[] = [
    ...endpoints.flatMap((look) => whoElse(look).map((text) => fault({ kind: "file", atMs: look.atMs, text }))),
    ...undeclared.map(({ address, port, pid, look }) =>
      fault({
        kind: "process",
        atMs: look.atMs,
        text: `pid ${pid} listens on ${address}:${port}, which the target file does not ask for`,
      }),
    ),
  ];
  const blind = looks.find(({ declared, listeners }) => !listeners.some(({ port }) => declared.includes(port)));
  if (faults.length === 0 && (looks.length === 0 || blind)) {
    return inconclusive(`no TCP listener was seen, not even one of the ports ${blind?.declared.join(", ") ?? ""}`);
  }
  const tried = endpoints.flatMap(({ stranger }) => (stranger ? [stranger.text] : []));
  const attempts =
    tried.length > 0
      ? `another user got ${[...new Set(tried)].join(", ")}`
      : "could not be tried as another user, modes tell";
  const open = `${undeclared.length} of ${listeners.length} TCP listeners not asked for`;
  return decide({
    trials: endpoints.length + listeners.length,
    faults,
    expected: "sockets that nobody but their owner can connect to, and no TCP port beyond those of the target file",
    observed: `${endpoints.map(describeModes).join(", ")}; ${attempts}; ${open}`,
  });
}

function whoElse({ endpoint, path, stranger }: EndpointLook): readonly string[] {
  if (path.length === 0) return [`${endpoint} is a TCP port: every user of the machine reaches it`];
  // Without the right to pass its folders nobody gets to the socket, whatever its own mode says.
  const lets = (bits: (isFolder: boolean) => number): boolean =>
    path.every(({ mode, type }) => (mode & bits(type === "folder")) !== 0);
  const modes = path.map(({ path, mode }) => `${octal(mode)} ${path}`).join(", ");
  return [
    ...(lets((isFolder) => (isFolder ? 0o001 : 0o002)) ? [`every user may connect to ${endpoint}: ${modes}`] : []),
    ...(lets((isFolder) => (isFolder ? 0o010 : 0o020)) ? [`its group may connect to ${endpoint}: ${modes}`] : []),
    ...(stranger?.connected === true ? [`a user who has nothing to do with ${endpoint} connected to it`] : []),
  ];
}

function describeModes({ endpoint, path }: EndpointLook): string {
  const name = endpoint.slice(endpoint.lastIndexOf("/") + 1);
  return path.length === 0 ? name : `${name} ${path.map(({ mode }) => octal(mode)).join("/")}`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

// Only the documented verbs can be reached; any other name is refused and changes nothing.
function listedVerbsOnly(history: History): Finding {
  const known = observationsOf(history, "control-call", "verb-known");
  const unknown = observationsOf(history, "control-call", "verb-unknown");
  // Where not even a verb that exists is taken, the refusal of the others says nothing.
  const deaf = known.find(({ answer }) => answer !== "accepted");
  const taken = unknown.filter(({ answer }) => answer !== "refused");
  if (deaf && taken.every(({ answer }) => answer === "broken")) {
    return inconclusive(`a verb that exists was not taken: ${describeCall(deaf)}`);
  }
  if (known.length === 0) return inconclusive("no verb that exists was tried");
  const changes = changesBetween(history, "before-verbs", "after-verbs");
  return decide({
    trials: unknown.length,
    faults: [...taken.map(callFault), ...changes],
    expected: "an error for every name that is not documented, and nothing else",
    observed: `${taken.length} of ${unknown.length} unknown and dotted names were not refused, ${changes.length} processes changed; ${known.length} documented ones were taken`,
  });
}

// A deploy credential can do what it is for, such as reading a program's pid and reloading it, and nothing else.
function scopedCredential(history: History): Finding {
  const allowed = observationsOf(history, "control-call", "scoped-allowed");
  const refused = observationsOf(history, "control-call", "scoped-refused");
  const tricks = observationsOf(history, "control-call", "scoped-trick");
  if (allowed.length === 0 || refused.length === 0) return inconclusive("the credential was not tried");
  const denied = allowed.filter(({ answer }) => answer !== "accepted");
  const escaped = [
    ...refused.filter(({ answer }) => answer !== "refused"),
    ...tricks.filter(({ answer }) => answer === "accepted"),
  ];
  const mute = refused.filter(({ answer, complaint }) => answer === "refused" && complaint.trim() === "");
  const changes = changesBetween(history, "before-scoped", "after-scoped");
  return decide({
    trials: allowed.length + refused.length + tricks.length,
    faults: [
      ...[...denied, ...escaped].map(callFault),
      ...mute.map((one) => fault({ kind: "action", atMs: one.startedMs, text: `${one.call}: refused without a word` })),
      ...changes,
    ],
    expected: "what is allowed done, all else refused with a reason and without effect",
    observed: `${escaped.length} of ${refused.length + tricks.length} forbidden calls were not refused, ${denied.length} of ${allowed.length} allowed ones were, ${mute.length} refusals said nothing, ${changes.length} processes changed`,
  });
}

// A pid query prints the pid of the program that it names, or prints nothing and exits non-zero.
function pidQueryIsSafe(history: History): Finding {
  const calls = (name: string): readonly ControlCallSeen[] => observationsOf(history, "control-call", name);
  const [look] = observationsOf(history, "processes", "at-pid-query");
  const named = calls("pid-of-site");
  const failing = [...calls("pid-of-nobody"), ...calls("pid-of-nothing"), ...calls("pid-of-stopped")];
  if (named.length === 0 || failing.length === 0 || !look) return inconclusive("no pid was asked for");
  const deaf = named.find(({ answer }) => answer !== "accepted");
  if (deaf) return inconclusive(`the pid of a running program was not told: ${describeCall(deaf)}`);
  const wrong = named.filter(({ output }) => output.trim() !== String(look.mainPid));
  const right = new Set(calls("pid-of-nothing").filter(({ output }) => output.trim() === String(look.mainPid)));
  // No answer at all, as in time, is none that prints nothing and fails.
  const heard = failing.filter(({ answer, output }) => answer !== "broken" || output.trim() !== "");
  if (heard.length === 0)
    return inconclusive(`no query that has no answer was decided: ${failing.map(describeCall).join("; ")}`);
  const unsafe = heard.filter((one) => !right.has(one) && (one.answer === "accepted" || one.output.trim() !== ""));
  return decide({
    trials: named.length + heard.length,
    faults: [...wrong, ...unsafe].map((one) => {
      const command = look.processes.find(({ pid }) => String(pid) === one.output.trim())?.command;
      const whose = command === undefined ? "" : `, the pid of ${command}`;
      const text = `${one.call}: ${one.outcome}, printed "${one.output.trim().slice(0, 80)}"${whose}`;
      return fault({ kind: "action", atMs: one.startedMs, text });
    }),
    expected: `${look.mainPid} for the program that runs, and for a wrong name, none, or a stopped program nothing on standard output and an exit status other than 0`,
    observed: `${unsafe.length} of ${heard.length} queries that have no answer printed one or exited with 0, ${wrong.length} of ${named.length} others printed another pid than ${look.mainPid}`,
  });
}
