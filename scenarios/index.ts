import type { Scenario } from "../harness/spec/scenario.ts";
import { badConfig } from "./failure/bad-config.ts";
import { brokenRelease } from "./failure/broken-release.ts";
import { hangingRelease } from "./failure/hanging-release.ts";
import { acrossReload } from "./connections/across-reload.ts";
import { hupDuringBoot } from "./lifecycle/hup-during-boot.ts";
import { mainKilled } from "./lifecycle/main-killed.ts";
import { lifecycleSignals } from "./lifecycle/signals.ts";
import { lifecycleUpgrade } from "./lifecycle/upgrade.ts";
import { resourceGenerations } from "./resources/generations.ts";
import { drainDeadline } from "./lifecycle/drain-deadline.ts";
import { workersLeave } from "./lifecycle/workers-leave.ts";
import { acknowledgedReload } from "./control/acknowledged-reload.ts";
import { controlInterface } from "./control/interface.ts";
import { pidFile } from "./control/pid-file.ts";
import { concurrentWriters } from "./logging/concurrent-writers.ts";
import { logSink } from "./logging/sink.ts";
import { tracebacks } from "./logging/tracebacks.ts";
import { framing } from "./proxy/framing.ts";
import { neighbours } from "./proxy/neighbours.ts";
import { ownReload } from "./proxy/own-reload.ts";
import { slowClients } from "./proxy/slow-clients.ts";
import { upstreamFaults } from "./proxy/upstream-faults.ts";
import { abTenThousand } from "./reload/ab-ten-thousand.ts";
import { reloadLoop } from "./reload/loop.ts";
import { backlog } from "./reload/backlog.ts";
import { reloadOnce } from "./reload/once.ts";
import { preload } from "./reload/preload.ts";
import { recycling } from "./reload/recycling.ts";
import { reuseport } from "./reload/reuseport.ts";
import { singleWorker } from "./reload/single-worker.ts";
import { unixSocket } from "./reload/unix-socket.ts";
import { reloadUnderLoad } from "./reload/under-load.ts";
import { hostileDisk } from "./rotation/hostile-disk.ts";
import { rotationMidBurst } from "./rotation/mid-burst.ts";
import { rotationMovedAway } from "./rotation/moved-away.ts";
import { plantedLinks } from "./rotation/planted-links.ts";

/** Every scenario of the suite, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
  reloadUnderLoad,
  abTenThousand,
  rotationMidBurst,
  concurrentWriters,
  logSink,
  tracebacks,
  reloadLoop,
  rotationMovedAway,
  hostileDisk,
  plantedLinks,
  brokenRelease,
  hangingRelease,
  acrossReload,
  drainDeadline,
  workersLeave,
  reloadOnce,
  backlog,
  controlInterface,
  acknowledgedReload,
  pidFile,
  badConfig,
  neighbours,
  framing,
  slowClients,
  upstreamFaults,
  ownReload,
  singleWorker,
  recycling,
  unixSocket,
  preload,
  lifecycleSignals,
  hupDuringBoot,
  mainKilled,
  lifecycleUpgrade,
  resourceGenerations,
  reuseport,
];
