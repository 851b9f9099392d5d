import type { History } from "../spec/history.ts";
import type { Finding } from "../spec/verdict.ts";
import { availability } from "./availability/availability.ts";
import { connections } from "./connections/connections.ts";
import { control } from "./control/control.ts";
import { diskFull } from "./rotation/disk-full.ts";
import { drain } from "./lifecycle/drain.ts";
import { failure } from "./failure/failure.ts";
import { flatness } from "./resources/flatness.ts";
import { generation } from "./generation/generation.ts";
import { generationOrder } from "./generation/generation-order.ts";
import { lifecycle } from "./lifecycle/lifecycle.ts";
import { logFiles } from "./rotation/log-files.ts";
import { logging } from "./logging/logging.ts";
import { plantedLinks } from "./rotation/planted-links.ts";
import { multiline } from "./logging/multiline.ts";
import { logSink } from "./logging/log-sink.ts";
import { otherWays } from "./availability/other-ways.ts";
import { proxy } from "./proxy/proxy.ts";
import { reloadLoop } from "./availability/reload-loop.ts";
import { resources } from "./resources/resources.ts";
import { rotation } from "./rotation/rotation.ts";
import { waitingConnections } from "./availability/waiting-connections.ts";
import { generationSource } from "./generation/generation-source.ts";

/** A pure function of a finished history; what it finds gets its level from the catalogue. */
export type Checker = (history: History) => Finding;

/** One checker per rule, under the rule's id. */
export const CHECKERS: Readonly<Record<string, Checker>> = {
  ...availability,
  ...reloadLoop,
  ...waitingConnections,
  ...otherWays,
  ...generation,
  ...generationOrder,
  ...generationSource,
  ...lifecycle,
  ...drain,
  ...connections,
  ...failure,
  ...resources,
  ...flatness,
  ...logging,
  ...logSink,
  ...multiline,
  ...rotation,
  ...logFiles,
  ...diskFull,
  ...plantedLinks,
  ...control,
  ...proxy,
};
