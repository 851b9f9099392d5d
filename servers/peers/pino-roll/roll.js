/* Standard input through pino-roll, a line at a time, as pino hands its records on: roll.js FILE */
import { once } from "node:events";
import { createInterface } from "node:readline";
import roll from "pino-roll";

const [file] = process.argv.slice(2);
const log = await roll({ file, size: "2m", limit: { count: 32 } });
for await (const line of createInterface({ input: process.stdin })) {
  if (!log.write(`${line}\n`)) await once(log, "drain");
}
log.end();
