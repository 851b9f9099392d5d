import { mainProcess } from "./main-process.ts";
import { signals } from "./signals.ts";
import { upgradeInPlace } from "./upgrade.ts";

/** Rules on lifecycle, but for those on what is in flight while a server leaves (`drain.ts`): one checker under each id. */
export const lifecycle = {
  ...mainProcess,
  ...signals,
  "lifecycle/upgrade-in-place": upgradeInPlace,
};
