import type { Capability } from "../spec/target-facts.ts";
import type { Asker } from "./asker.ts";
import type { Facts, Wrong } from "./reply.ts";

/** One line of the contract: how it is asked, and what is wrong with what was seen. Asking never judges. */
export interface ContractRoute<Seen> {
  /** As the table of the contract has it. */
  readonly title: string;
  /** What a target has to declare for it to be expected. */
  readonly capability?: Capability;
  readonly ask: (asker: Asker) => Promise<Seen>;
  /** Pure. */
  readonly judge: (seen: Seen, facts: Facts) => readonly Wrong[];
}

/** The same with its kind of evidence out of sight, so that all of them can stand in one list. */
export interface AnyRoute {
  readonly title: string;
  readonly capability?: Capability;
  readonly check: (asker: Asker, facts: Facts) => Promise<readonly Wrong[]>;
}

export function anyRoute<Seen>(route: ContractRoute<Seen>): AnyRoute {
  const { title, capability } = route;
  return {
    title,
    ...(capability && { capability }),
    check: async (asker, facts) => route.judge(await route.ask(asker), facts),
  };
}
