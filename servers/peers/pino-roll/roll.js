/* Standard input through pino-roll, a line at a time, as pino hands its records on: roll.js FILE */
import { createInterface } from "node:readline";
import roll from "pino-roll";

const RETRY_MS = 250;

const [file] = process.argv.slice(2);
const log = await roll({ file, size: "2m", limit: { count: 32 }, mkdir: true });
// It keeps what it could not write until it is given more, and with a full disk nothing more may come.
log.on("error", () => setTimeout(() => !log.destroyed && log.write(""), RETRY_MS));
for await (const line of createInterface({ input: process.stdin })) {
  // Not by `once` of node:events, which would throw the error.
  if (!log.write(`${line}\n`)) await new Promise((resolve) => log.once("drain", resolve));
}
log.end();
