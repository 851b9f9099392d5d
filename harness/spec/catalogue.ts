import type { Requirement } from "./requirement.ts";
import { availability } from "./requirements/availability.ts";
import { connections } from "./requirements/connections.ts";
import { control } from "./requirements/control.ts";
import { failure } from "./requirements/failure.ts";
import { generation } from "./requirements/generation.ts";
import { lifecycle } from "./requirements/lifecycle.ts";
import { logging } from "./requirements/logging.ts";
import { proxy } from "./requirements/proxy.ts";
import { resources } from "./requirements/resources.ts";
import { rotation } from "./requirements/rotation.ts";

/** Every rule of the specification, in the order in which it is read. */
export const REQUIREMENTS: readonly Requirement[] = [
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

const BY_ID = new Map(REQUIREMENTS.map((requirement) => [requirement.id, requirement]));

/** @throws if no rule has that id: a scenario or checker names one that does not exist. */
export function requirement(id: string): Requirement {
  const found = BY_ID.get(id);
  if (!found) throw new Error(`no requirement has the id ${id}`);
  return found;
}
