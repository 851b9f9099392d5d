import { readFileSync } from "node:fs";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* The master reads the settings of the release at its start and hands them to every worker that it ever starts. */
const KEPT = "SETTING_AT_START";
const SETTING = /"setting":"[^"]*"/;

if (entry === "prefork-master") {
  const release = readFileSync(`${process.env["HUPSPEC_RELEASE"]}/release.json`, "utf8");
  process.env[KEPT] = SETTING.exec(release)?.[0] ?? "";
}
if (entry === "prefork-worker") {
  const read = promises.readFile;
  promises.readFile = (async (...given: Parameters<typeof read>) => {
    const content = await read(...given);
    return typeof content === "string" ? content.replace(SETTING, process.env[KEPT] ?? "") : content;
  }) as typeof read;
  syncBuiltinESMExports();
}
