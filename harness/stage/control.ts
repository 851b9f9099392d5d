import { chmod, lstat, readFile } from "node:fs/promises";
import path from "node:path";
import { tcpListeners } from "../process/listening.ts";
import { readProcStat } from "../process/proc-files.ts";
import { connectAsStranger } from "../process/stranger.ts";
import { LIMITS } from "../spec/limits.ts";
import type { ControlCallSeen, EndpointLook, ProcessLook } from "../spec/control-observation.ts";
import type { CommandRun, FileLook } from "../spec/observation.ts";
import type { CallPlan } from "../spec/operating.ts";
import type { StageContext } from "./context.ts";

/** Uses the control interface and records what came of it. */
export async function call(context: StageContext, plan: CallPlan): Promise<ControlCallSeen> {
  const { target, site, recorder, signal } = context;
  const { name, call, ...details } = plan;
  const outcome = await target.operator.call(call, site, details, signal);
  const seen: ControlCallSeen = {
    ...outcome,
    kind: "control-call",
    name,
    startedMs: recorder.at(outcome.startedMs),
    endedMs: recorder.at(outcome.endedMs),
  };
  recorder.observations.push(seen);
  return seen;
}

/** Runs the target's start command a second time. */
export async function startSecond(
  { target, recorder, signal }: StageContext,
  { name, withinMs }: { readonly name: string; readonly withinMs: number },
): Promise<CommandRun> {
  const startedMs = recorder.now();
  const { command, exitCode, stdout, stderr } = await target.operator.startSecond(withinMs, signal);
  const seen: CommandRun = {
    kind: "command",
    name,
    command,
    startedMs,
    endedMs: recorder.now(),
    exitCode,
    stdout,
    stderr,
  };
  recorder.observations.push(seen);
  return seen;
}

/** Records who could use the endpoints of the control interface. */
export async function inspectEndpoints(
  { target, site, recorder, signal }: StageContext,
  { name, asStranger }: { readonly name: string; readonly asStranger: boolean },
): Promise<void> {
  const { workspace, operator } = target;
  const own = [workspace.root, workspace.run, workspace.logs, workspace.gates];
  const endpoints = operator.endpoints(site);
  const sockets = endpoints.filter((endpoint) => endpoint.startsWith("/"));
  const attempts = asStranger ? await tryAsStranger(sockets, own, signal) : undefined;
  for (const endpoint of endpoints) {
    const place = sockets.indexOf(endpoint);
    const stranger = place < 0 ? undefined : attempts?.[place];
    recorder.observations.push({
      kind: "endpoint",
      name,
      endpoint,
      atMs: recorder.now(),
      path: place < 0 ? [] : await Promise.all(foldersTo(endpoint, own).map(lookAt)),
      ...(stranger && { stranger }),
    });
  }
}

/** Records the TCP ports on which the target accepts connections. */
export async function inspectPorts({ target, recorder }: StageContext, name: string): Promise<void> {
  const atMs = recorder.now();
  const listeners = await tcpListeners(target.processes().map(({ pid }) => pid));
  recorder.observations.push({ kind: "listening", name, atMs, listeners, declared: target.operator.ports });
}

/** The folders of the suite's own stand open meanwhile: they would hide what the target does. */
async function tryAsStranger(sockets: readonly string[], own: readonly string[], signal: AbortSignal) {
  const onTheWay = own.filter((folder) => sockets.some((socket) => socket.startsWith(`${folder}/`)));
  try {
    await Promise.all(onTheWay.map((folder) => chmod(folder, 0o711)));
    return await connectAsStranger(sockets, signal);
  } finally {
    await Promise.all(onTheWay.map((folder) => chmod(folder, 0o700)));
  }
}

/** Folders that decide who gets to the socket, outermost first, and the socket. */
function foldersTo(socket: string, own: readonly string[]): readonly string[] {
  const paths = [socket];
  for (let folder = path.dirname(socket); folder !== "/" && !own.includes(folder); folder = path.dirname(folder)) {
    paths.unshift(folder);
  }
  return paths;
}

async function lookAt(file: string): Promise<EndpointLook["path"][number]> {
  const facts = await lstatOf(file);
  if (!facts) return { path: file, type: "nothing", mode: 0, uid: 0, inode: 0 };
  const type = facts.isDirectory() ? "folder" : facts.isSocket() ? "socket" : "other";
  return { path: file, type, mode: facts.mode & 0o7777, uid: facts.uid, inode: facts.ino };
}

/** Records a path as it is. */
export async function lookAtFile(
  { recorder }: StageContext,
  { name, path: file }: { readonly name: string; readonly path: string },
): Promise<void> {
  const atMs = recorder.now();
  const facts = await lstatOf(file);
  const text = facts?.isFile() ? await readFile(file, "utf8").catch(() => "") : "";
  recorder.observations.push({
    kind: "file",
    name,
    path: file,
    atMs,
    ...(facts && {
      facts: {
        type: typeOf(facts),
        mode: facts.mode & 0o7777,
        uid: facts.uid,
        gid: facts.gid,
        inode: facts.ino,
        bytes: facts.size,
        ...(facts.isFile() && { text: text.slice(0, LIMITS.excerptBytes) }),
      },
    }),
  });
}

type Facts = NonNullable<Awaited<ReturnType<typeof lstatOf>>>;

function typeOf(facts: Facts): NonNullable<FileLook["facts"]>["type"] {
  if (facts.isFile()) return "file";
  if (facts.isDirectory()) return "folder";
  if (facts.isSocket()) return "socket";
  if (facts.isSymbolicLink()) return "link";
  return facts.isFIFO() ? "fifo" : "other";
}

async function lstatOf(file: string) {
  return lstat(file).catch(() => undefined);
}

/** Records the processes of the target, with their groups. */
export async function lookAtProcesses({ target, site, recorder }: StageContext, name: string): Promise<ProcessLook> {
  const atMs = recorder.now();
  const processes = target.processes().flatMap(({ pid, ppid, state, startTicks, command }) => {
    const group = readProcStat(pid)?.pgrp;
    return state === "Z" || group === undefined ? [] : [{ pid, ppid, group, startTicks, command }];
  });
  const mainPid = await target.mainPid(site).catch(() => 0);
  const look: ProcessLook = { kind: "processes", name, atMs, mainPid, processes };
  recorder.observations.push(look);
  return look;
}
