import type { OriginHandle } from "../spec/scenario.ts";
import type { StageContext } from "./context.ts";

/** The server behind a proxy, as a scenario may use it. */
export function originHandle({ target, recorder }: StageContext): OriginHandle | undefined {
  const { origin } = target;
  if (!origin) return undefined;
  // What came before this phase belongs to the one before.
  origin.look();
  return {
    idleMs: origin.idleMs,
    away: (work) => origin.away(work),
    look(name) {
      const { requests, idledOut } = origin.look();
      recorder.observations.push({
        kind: "origin",
        name,
        atMs: recorder.now(),
        requests: requests.map((request) => ({ ...request, atMs: recorder.at(request.atMs) })),
        idledOut,
      });
    },
  };
}
