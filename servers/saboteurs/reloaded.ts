import { realpathSync } from "node:fs";
import path from "node:path";

/** This process was started for another release than the first: a reload brought it. */
export const isReloaded = path.basename(realpathSync(process.env["HUPSPEC_RELEASE"] ?? ".")) !== "1";
