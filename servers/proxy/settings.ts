import path from "node:path";
import { ConfigFileError } from "../../config/positioned-yaml.ts";
import { type Address, parseAddress } from "../stack-file/address.ts";
import { loadStackFile } from "../stack-file/load.ts";
import type { ProxySettings } from "../stack-file/schema.ts";
import { createRouter, type Router } from "./router.ts";

/** All that one reading of the stack file says about this proxy; never changed, only replaced as a whole. */
export interface ProxyConfig {
  readonly program: string;
  readonly limits: ProxySettings;
  readonly listen: Address;
  readonly router: Router;
  readonly pidFile: string;
  /** Undefined: standard output. */
  readonly accessLog: string | undefined;
}

/** @throws {ConfigFileError} if the file is wrong or has no such proxy. */
export async function loadProxyConfig(file: string, program: string, env: NodeJS.ProcessEnv): Promise<ProxyConfig> {
  const stack = await loadStackFile(file, env);
  const wrong = (key: string, message: string): ConfigFileError =>
    new ConfigFileError([{ file, line: 1, column: 1, key, message }]);
  const limits = stack.programs[program]?.proxy;
  if (!limits) throw wrong(`programs.${program}`, "expected a program with a `proxy` section of that name");
  const router = createRouter(stack.sites, (address) => parseAddress(address, stack.runDir));
  if (router.duplicate !== undefined) throw wrong("sites", `expected the host ${router.duplicate} in one site only`);
  return {
    program,
    limits,
    listen: parseAddress(limits.listen, stack.runDir),
    router,
    pidFile: path.join(stack.runDir, `${program}.pid`),
    accessLog: limits.accessLog === undefined ? undefined : path.resolve(stack.logDir, limits.accessLog),
  };
}
