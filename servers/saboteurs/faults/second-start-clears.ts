import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { entry } from "../entry.ts";

/* Whoever is started clears up what the last run left behind, before it looks whether there still is one. */
if (entry === "supervisor") {
  const folder = path.join(process.env["HUPSPEC_RUN_DIR"] ?? "", "control");
  for (const name of listOf(folder)) rmSync(path.join(folder, name));
}

function listOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
