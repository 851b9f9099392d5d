/**
 * How long it takes to read a log and to join it with a ledger: a million lines, a million rows.
 *
 *     node bench/logs.ts [lines]
 */
import { mkdtemp, open, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { crc32 } from "node:zlib";
import { reconcile } from "../harness/logs/reconcile.ts";
import { readLogSnapshot } from "../harness/logs/snapshot.ts";
import type { LedgerRow, LedgerView } from "../harness/spec/history.ts";

const FILES = 4;
const WRITERS = 8;
const ROUNDS = 3;
const TARGET_MS = 5_000;

const lines = Number(process.argv[2] ?? 1_000_000);
const folder = await mkdtemp(path.join(tmpdir(), "hupspec-bench-logs-"));
try {
  const bytes = await writeLog(folder, lines);
  const ledger = ledgerOf(lines);
  const totals: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    const snapshot = await readLogSnapshot({ name: "bench", patterns: [path.join(folder, "app.log*")], atMs: 0 });
    const readMs = performance.now() - startedMs;
    const { fates, strangers } = reconcile([ledger], snapshot.requests, { complete: true });
    const totalMs = performance.now() - startedMs;
    totals.push(totalMs);
    // A figure counts only if the work was done: every line read whole, in sequence, and every second row confirmed.
    const missing = snapshot.writers.reduce((sum, { missingCount }) => sum + missingCount, 0);
    if (snapshot.records !== lines || missing > 0 || fates.answered !== lines / 2 || strangers > 0) {
      throw new Error(`expected ${lines} whole records, came ${snapshot.records}: ${JSON.stringify(fates)}`);
    }
    console.log(
      `round ${round + 1}: read and check ${readMs.toFixed(0)} ms, join ${(totalMs - readMs).toFixed(0)} ms, ` +
        `total ${totalMs.toFixed(0)} ms, ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB resident`,
    );
  }
  const median = totals.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
  console.log(
    `${lines} lines (${(bytes / 1e6).toFixed(0)} MB, ${FILES} files, ${WRITERS} writers), ${lines} rows: ` +
      `median ${median.toFixed(0)} ms, target ${TARGET_MS} ms; node ${process.version}, ${availableParallelism()} cores`,
  );
  process.exitCode = median <= TARGET_MS ? 0 : 1;
} finally {
  await rm(folder, { recursive: true });
}

/** Two records (`received`, `answered`) for each of the first half of the ids; returns the bytes written. */
async function writeLog(folder: string, lines: number): Promise<number> {
  const next = Array.from({ length: WRITERS }, () => 0);
  let bytes = 0;
  let line = 0;
  for (let file = FILES - 1; file >= 0; file--) {
    await using handle = await open(path.join(folder, file === 0 ? "app.log" : `app.log.${file}`), "w");
    const until = Math.round((lines * (FILES - file)) / FILES);
    while (line < until) {
      const batch: string[] = [];
      for (const end = Math.min(until, line + 10_000); line < end; line++) batch.push(recordLine(line, next));
      const { bytesWritten } = await handle.write(batch.join(""));
      bytes += bytesWritten;
    }
  }
  return bytes;
}

function recordLine(line: number, next: number[]): string {
  const writer = line % WRITERS;
  const seq = next[writer] ?? 0;
  next[writer] = seq + 1;
  const event = line % 2 === 0 ? "received" : "answered";
  const open =
    `{"time":"2026-11-22T10:00:00.000Z","level":"info","app":"node-http","pid":${1000 + writer},"generation":1,` +
    `"writer":"${1000 + writer}-1a2b3c","seq":${seq},"id":"${idOf(line >> 1)}","event":"${event}","msg":"GET /"`;
  return `${open},"sum":"${crc32(open).toString(16).padStart(8, "0")}"}\n`;
}

function idOf(index: number): string {
  return `bench-${index.toString(36).padStart(8, "0")}`;
}

function ledgerOf(size: number): LedgerView {
  const row = (index: number): LedgerRow => ({
    id: idOf(index),
    method: "GET",
    connection: index % 32,
    reused: true,
    intendedMs: index,
    sentMs: index,
    firstByteMs: index + 1,
    doneMs: index + 1,
    outcome: index < size / 2 ? "ok" : "reset-before-answer-reused",
    status: index < size / 2 ? 200 : 0,
    generation: 1,
    worker: 1000,
    closeAnnounced: false,
  });
  return {
    size,
    row,
    *rows() {
      for (let index = 0; index < size; index++) yield row(index);
    },
  };
}
