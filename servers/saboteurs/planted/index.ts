import { availability } from "./availability.ts";
import { connections } from "./connections.ts";
import { control } from "./control.ts";
import { failure } from "./failure.ts";
import { generation } from "./generation.ts";
import { lifecycle } from "./lifecycle.ts";
import { logging } from "./logging.ts";
import { proxy } from "./proxy.ts";
import { resources } from "./resources.ts";
import { rotation } from "./rotation.ts";
import type { Saboteur } from "./saboteur.ts";

/** Every saboteur, by the group of the rule that it was planted for. */
export const SABOTEURS: readonly Saboteur[] = [
  ...availability,
  ...generation,
  ...lifecycle,
  ...connections,
  ...failure,
  ...resources,
  ...logging,
  ...rotation,
  ...control,
  ...proxy,
];
