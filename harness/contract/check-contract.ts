import { bootTarget, type BootOptions } from "../targets/boot.ts";
import type { BootedTarget } from "../targets/booted-target.ts";
import type { TargetDefinition } from "../targets/target-definition.ts";
import { Asker } from "./asker.ts";
import { judgeBoot, linesOf, type BootMode } from "./boots.ts";
import type { Facts, Wrong } from "./reply.ts";
import { CONTRACT } from "./routes/index.ts";
import type { AnyRoute } from "./route.ts";

/** How one site answers one line of the contract. */
export interface ContractLine {
  readonly site: string;
  readonly title: string;
  /**
   * `could-claim` is right and not claimed, `not-claimed` wrong and not claimed. `not-judged` is a release that was to fail or to hang: it is
   * not ready, and from outside it can't be told why.
   */
  readonly state: "right" | "wrong" | "not-claimed" | "could-claim" | "not-judged";
  /** The capability that it depends on, if any. */
  readonly capability?: string;
  readonly wrongs: readonly Wrong[];
}

const ALL: ContractPart = { routes: CONTRACT, boots: ["delay", "fail", "hang"] };

/** What is asked of the contract. */
export interface ContractPart {
  readonly routes: readonly AnyRoute[];
  readonly boots: readonly BootMode[];
}

/**
 * Boots a target that answers the probe contract and asks all of it, with no reload at all; then boots it with releases
 * that come up late or never. Nothing of it is left afterwards.
 *
 * @throws {TargetUnavailableError} if a command is missing.
 * @throws {TargetBootError} if it does not come up with an ordinary release.
 */
export async function* checkContract(
  definition: TargetDefinition,
  options: BootOptions,
  { routes, boots }: ContractPart = ALL,
): AsyncGenerator<ContractLine> {
  const startedMs = performance.now();
  let ordinaryMs: number;
  let ordinaryLines: ReadonlySet<string>;
  {
    await using target = await bootTarget(definition, options);
    ordinaryMs = performance.now() - startedMs;
    for (const { name } of target.sites) yield* askSite(target, name, options.signal, routes);
    // Last, for some servers say that they are ready only once they have answered.
    ordinaryLines = await linesOf(target);
  }
  for (const mode of boots) {
    const wrongs = await judgeBoot(mode, { definition, options, ordinaryMs, ordinaryLines });
    const state = wrongs === undefined ? "not-judged" : wrongs.length > 0 ? "wrong" : "right";
    yield { site: "", title: `boot mode ${mode}`, state, wrongs: wrongs ?? [] };
  }
}

/** True if the target's own application answers the contract, and not the suite in its place. */
export function answersContract({ settings }: TargetDefinition): boolean {
  return settings.probe === "contract" && settings.upstream === undefined;
}

async function* askSite(
  target: BootedTarget,
  site: string,
  signal: AbortSignal,
  routes: readonly AnyRoute[],
): AsyncGenerator<ContractLine> {
  const asker = new Asker({ target, site, signal });
  const { capabilities } = target.site(site);
  const facts: Facts = { generation: 1, setting: "blue", isWorker: isProcessOf(target) };
  const line = (title: string, wrongs: readonly Wrong[], capability?: string): ContractLine => {
    const claimed = capability === undefined || capabilities.includes(capability);
    const right = wrongs.length === 0;
    const state = claimed ? (right ? "right" : "wrong") : right ? "could-claim" : "not-claimed";
    return { site, title, state, wrongs: claimed ? wrongs : [], ...(capability !== undefined && { capability }) };
  };
  for (const { title, capability, check } of routes) yield line(title, await check(asker, facts), capability);
}

/** Of those there are now, or were before: it may have recycled a worker. */
function isProcessOf(target: BootedTarget): (pid: number) => boolean {
  const seen = new Set<number>();
  return (pid) => {
    if (seen.has(pid)) return true;
    for (const process of target.processes()) seen.add(process.pid);
    return seen.has(pid);
  };
}
