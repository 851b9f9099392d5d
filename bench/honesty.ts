import { writeFile } from "node:fs/promises";
import { type Fault, FAULTS, startFaultServer } from "../harness/client/fault-server.ts";
import { type Report, type Tool, TOOLS } from "./honesty-tools.ts";

/*
 * The honesty table: what load generators report of servers that break every tenth request on purpose. Each tool meets
 * each fault once, over one kept-alive connection. Writes bench/honesty.md.
 */
const REQUESTS = 100;
const EVERY = 10;

interface Cell {
  readonly planted: number;
  readonly report: Report | undefined;
}

const table = new Map<Fault, Map<string, Cell>>();
for (const fault of FAULTS) {
  const row = new Map<string, Cell>();
  for (const tool of TOOLS) row.set(tool.name, await meet(fault, tool));
  table.set(fault, row);
  console.log(fault, ...Array.from(row, ([name, cell]) => `| ${name}: ${short(cell)}`));
}
await writeFile(new URL("honesty.md", import.meta.url), document());

async function meet(fault: Fault, tool: Tool): Promise<Cell> {
  // Stalls are waited for: a few are enough.
  const slow = fault === "stall" || fault === "length-long";
  const requests = slow ? REQUESTS / 5 : REQUESTS;
  await using server = await startFaultServer(fault, EVERY);
  const report = await tool.report({ ...server.endpoint, requests });
  const planted = fault === "refused" ? requests - EVERY + 1 : server.planted;
  return { planted, report };
}

/** `failures reported / planted`. */
function short({ planted, report }: Cell): string {
  if (report === undefined) return "not installed";
  return `${Number.isNaN(report.failures) ? "stops" : report.failures} / ${planted}`;
}

function document(): string {
  const names = TOOLS.map(({ name }) => name);
  const lines = [
    "# What load generators say of broken servers",
    "",
    `Written by \`node bench/honesty.ts\`: ${REQUESTS} requests (stalls: ${REQUESTS / 5}) one after the other over a kept-alive`,
    `connection, every ${EVERY}th of them broken. Each cell is *failures reported / faults planted*; wrk runs for two seconds instead`,
    "of a number of requests, and is held against what the server counted. Equal numbers are an honest report, except for",
    "`close-announced-kept`, which loses nothing, and `keep-alive-broken`, where a loss is a request that met the",
    "end of the connection: a client that sees the end in time loses nothing. After `refused`, there is nobody left to",
    "ask: wrk's figure is that of its attempts.",
    "",
    `| fault | ${names.join(" | ")} |`,
    `|---|${names.map(() => "---:|").join("")}`,
  ];
  for (const [fault, row] of table) {
    lines.push(`| ${fault} | ${names.map((name) => cellOf(row, name, short)).join(" | ")} |`);
  }
  lines.push("", "## In their own words", "");
  for (const [fault, row] of table) {
    lines.push(`### ${fault}`, "");
    for (const name of names)
      lines.push(`- ${name}: ${cellOf(row, name, ({ report }) => report?.words ?? "not installed")}`);
    lines.push("");
  }
  return lines.join("\n");
}

function cellOf(row: ReadonlyMap<string, Cell>, name: string, show: (cell: Cell) => string): string {
  const cell = row.get(name);
  return cell === undefined ? "" : show(cell);
}
