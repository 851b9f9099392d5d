import type { History } from "../spec/history.ts";
import type { Finding } from "../spec/verdict.ts";
import { availability } from "./availability.ts";
import { connections } from "./connections.ts";
import { control } from "./control.ts";
import { diskFull } from "./disk-full.ts";
import { drain } from "./drain.ts";
import { failure } from "./failure.ts";
import { flatness } from "./flatness.ts";
import { generation } from "./generation.ts";
import { generationOrder } from "./generation-order.ts";
import { lifecycle } from "./lifecycle.ts";
import { logFiles } from "./log-files.ts";
import { logging } from "./logging.ts";
import { plantedLinks } from "./planted-links.ts";
import { multiline } from "./multiline.ts";
import { logSink } from "./log-sink.ts";
import { otherWays } from "./other-ways.ts";
import { proxy } from "./proxy.ts";
import { reloadLoop } from "./reload-loop.ts";
import { resources } from "./resources.ts";
import { rotation } from "./rotation.ts";
import { waitingConnections } from "./waiting-connections.ts";
import { generationSource } from "./generation-source.ts";

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
