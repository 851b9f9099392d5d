import { act, kill } from "./act.ts";
import { startClosedLoop } from "../client/closed-loop.ts";
import { startOpenLoop } from "../client/open-loop.ts";
import type { Operating } from "../spec/operating.ts";
import type { Stage } from "../spec/scenario.ts";
import { awaitExits } from "./await-exits.ts";
import { bootAnother, restart } from "./boots.ts";
import { runBurst } from "./burst.ts";
import { createContext, type PhasePlan, type StageContext } from "./context.ts";
import { holdRequest } from "./hold.ts";
import { createLogHands } from "./logs/log-hands.ts";
import { originHandle } from "./origin-handle.ts";
import { readPhaseLogs } from "./phase-logs.ts";
import { call, inspectEndpoints, inspectPorts, lookAtFile, lookAtProcesses, startSecond } from "./control.ts";
import { converse } from "./converse.ts";
import { startAnew, watchPidFile } from "./pid-file.ts";
import { lookAtListeners } from "./look.ts";
import type { HistoryRecorder } from "./recorder.ts";
import { pollConnect } from "./poll-connect.ts";
import { createReloader, meetWorkers } from "./reload.ts";
import { recordServerLines } from "./server-lines.ts";
import { requestOnce } from "./single-request.ts";
import { requestStop } from "./stop.ts";
import { changeSink, lookAtCpu } from "./sink.ts";
import { lookAtListenQueue, weigh } from "./weigh.ts";
import { waitUntil } from "../process/wait-until.ts";

export interface EndableStage extends Stage {
  /** Ends the loads that still run. Idempotent. */
  end(): Promise<void>;
}

/** What a scenario may do, done to a booted target and recorded. */
export function createStage(plan: PhasePlan, recorder: HistoryRecorder, linesBefore: number): EndableStage {
  const { target, site, phase, signal } = plan;
  const { endpoints, capabilities } = target.site(site);
  const context = createContext(plan, recorder, linesBefore);
  const reload = createReloader(context);
  const { path, expect } = context.probe;
  const common = { clock: recorder, expect, onAnswer: context.meet, signal };

  return {
    phase,
    workers: target.workers,
    capabilities,
    neighbours: target.sites.flatMap(({ name }) => (name === site ? [] : [name])),
    origin: originHandle(context),
    doors: endpoints.direct ? ["front", "direct"] : ["front"],
    signal,
    facts: target.facts(site),
    thorough: plan.thorough,
    now: recorder.now,
    openLoop({ request, site: neighbour, ...load }) {
      const options = {
        ...common,
        ...load,
        endpoint: context.endpoint(load.door, neighbour),
        idPrefix: context.idPrefix(load.name),
        // Processes of another site are no business of this one's reload.
        ...(neighbour !== undefined && { onAnswer: () => undefined }),
      };
      return context.keep(load.name, startOpenLoop({ ...options, request: { path, ...request } }), neighbour);
    },
    closedLoop({ request, ...load }) {
      const options = {
        ...common,
        ...load,
        endpoint: context.endpoint(load.door),
        idPrefix: context.idPrefix(load.name),
      };
      return context.keep(load.name, startClosedLoop({ ...options, request: { path, ...request } }));
    },
    hold: (plan) => holdRequest(context, plan),
    gate(name) {
      const gate = target.gate(name);
      return { entered: (withinMs) => gate.entered(signal, withinMs), open: () => gate.open() };
    },
    request: (request) => requestOnce(context, request),
    converse: (conversation) => converse(context, conversation),
    reload: (release) => reload(release ?? {}),
    can: (action) => target.can(action),
    act: (action) => act(context, action),
    kill: (plan) => kill(context, plan),
    servingWorkers() {
      context.forgetDead();
      return meetWorkers(context);
    },
    mainPid: () => target.mainPid(site),
    processes: () => target.processes(),
    logHands: createLogHands(context),
    until: (isSo, withinMs) => waitUntil(isSo, withinMs, signal),
    weigh: (plan) => weigh(context, plan),
    awaitExits: (plan) => awaitExits(context, plan),
    readServerLines: (name, until) => recordServerLines(context, name, until),
    pollConnect: (plan) => pollConnect(context, plan),
    lookAtListenQueue: (plan) => lookAtListenQueue(context, plan),
    sink: (event) => changeSink(context, event),
    watchCpu: (name) => lookAtCpu(context, name),
    observe: (observation) => void recorder.observations.push(observation),
    ...operatorOf(context),
    ...processesOf(context),
    burst: (burst) => runBurst(context, burst),
    readLogs: (name) => readPhaseLogs(context, name),
    stop: () => requestStop(context),
    end: () => endStage(context),
  };
}

async function endStage({ talks, running, asking }: StageContext): Promise<void> {
  for (const talk of talks) talk.close();
  await Promise.all([...running.values()].map((driver) => driver.stop()));
  await Promise.all(asking);
}

/** What a scenario does as the one who operates the target. */
function operatorOf(context: StageContext): Operating {
  const { operator } = context.target;
  return {
    control: operator.control,
    pidFile: operator.pidFile(context.site),
    call: (plan) => call(context, plan),
    inspectEndpoints: (plan) => inspectEndpoints(context, plan),
    inspectPorts: (name) => inspectPorts(context, name),
    lookAtProcesses: (name) => lookAtProcesses(context, name),
    lookAtFile: (plan) => lookAtFile(context, plan),
    watchPidFile: (name) => watchPidFile(context, name),
    startSecond: (plan) => startSecond(context, plan),
    startAnew: (name) => startAnew(context, name),
  };
}

function processesOf(context: StageContext): Pick<Stage, "bootAnother" | "restart" | "lookAtListeners"> {
  return {
    bootAnother: (plan) => bootAnother(context, plan),
    restart: (name) => restart(context, name),
    lookAtListeners: (plan) => lookAtListeners(context, plan),
  };
}
