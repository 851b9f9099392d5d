import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

/** Of the settings that a scenario writes, the ones that are to be refused have this misspelt key. */
const isSound = (text: string): boolean => !text.includes("wrokers");

/** Lets `change` have its way with every stack file that this process reads from now on. */
export function onSettingsRead(change: (text: string, isSound: (text: string) => boolean) => string): void {
  const { readFile } = fs;
  fs.readFile = (async (...given: Parameters<typeof readFile>) => {
    const contents = await readFile(...given);
    const [file] = given;
    if (typeof file !== "string" || !file.endsWith("stack.yaml")) return contents;
    return change(contents.toString(), isSound);
  }) as typeof readFile;
  syncBuiltinESMExports();
}
