import type { History } from "../spec/history.ts";
import type { ObservationKind, ObservationOf } from "../spec/observation.ts";

/** What a scenario saw, by kind, and by name where one is given. */
export function observationsOf<K extends ObservationKind>(
  { observations }: History,
  kind: K,
  name?: string,
): readonly ObservationOf<K>[] {
  return observations.filter(
    (one): one is ObservationOf<K> => one.kind === kind && (name === undefined || one.name === name),
  );
}
