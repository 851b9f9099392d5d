import { realpathSync } from "node:fs";
import { entry } from "../entry.ts";

/* The master resolves the link to the release once, at its start, and never again. */
if (entry === "prefork-master") process.env["HUPSPEC_RELEASE"] = realpathSync(process.env["HUPSPEC_RELEASE"] ?? ".");
