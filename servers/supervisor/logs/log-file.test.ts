import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { realFiles, type FileLayer } from "./file-layer.ts";
import { LogFile, type LogFileSettings } from "./log-file.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "log-file-"));
  file = path.join(folder, "app.log");
});
afterEach(() => fs.rm(folder, { recursive: true, force: true }));

const describeDrop = (records: number) => Buffer.from(`dropped ${records}\n`);

function openLog(settings: Partial<LogFileSettings>, files: FileLayer = realFiles) {
  const problems: string[] = [];
  const all = { maxBytes: 1000, backups: 5, compress: "none", bufferBytes: 1024 ** 2, ...settings } as const;
  const onProblem = (message: string) => problems.push(message);
  return LogFile.open({ file, settings: all, describeDrop, onProblem, files, retryMs: 10 }).then((log) =>
    Object.assign(log, { problems }),
  );
}

interface OnDisk {
  readonly name: string;
  readonly text: string;
}

/** Oldest first, live file last, unpacked. */
async function readAll(): Promise<OnDisk[]> {
  const names = (await fs.readdir(folder)).filter((name) => name.startsWith("app.log"));
  const number = (name: string) => Number(name.split(".")[2] ?? 0);
  return Promise.all(
    names
      .sort((a, b) => number(b) - number(a))
      .map(async (name) => {
        const bytes = await fs.readFile(path.join(folder, name));
        const plain = name.endsWith(".gz")
          ? gunzipSync(bytes)
          : name.endsWith(".zst")
            ? zstdDecompressSync(bytes)
            : bytes;
        return { name, text: plain.toString() };
      }),
  );
}

const joined = (files: readonly OnDisk[]) => files.map(({ text }) => text).join("");
const records = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `record ${from + index} ${"é".repeat((from + index) % 40)}\n`);

describe("rotation by size", () => {
  it.each(["none", "gzip", "zstd"] as const)("loses and repeats nothing, with compression %s", async (compress) => {
    const lines = records(0, 600);
    {
      await using log = await openLog({ maxBytes: 4000, backups: 100, compress });
      for (const [index, line] of lines.entries()) {
        log.push(Buffer.from(line));
        if (index % 50 === 0) await log.flush();
      }
      await log.atRest();
      expect(log.problems).toEqual([]);
      expect(log.facts.rotations).toBeGreaterThan(3);
    }
    const onDisk = await readAll();
    expect(joined(onDisk)).toBe(lines.join(""));
    const extension = { none: "", gzip: ".gz", zstd: ".zst" }[compress];
    const backups = onDisk.slice(0, -1).map(({ name }) => name);
    expect(backups).toEqual(backups.map((_, index) => `app.log.${backups.length - index}${extension}`));
    for (const { text } of onDisk) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4000);
      expect(text.endsWith("\n")).toBe(true);
    }
  });

  it("keeps sizes, boundaries and the number of backups, whatever is written at whatever limits", async () => {
    const plan = fc.record({
      maxBytes: fc.integer({ min: 1, max: 300 }),
      backups: fc.integer({ min: 0, max: 4 }),
      blocks: fc.array(fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 5 }), { maxLength: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ maxBytes, backups, blocks }) => {
        await fs.rm(folder, { recursive: true, force: true });
        const texts = blocks.map((lengths) => lengths.map((length) => `${"x".repeat(length)}\n`).join(""));
        {
          await using log = await openLog({ maxBytes, backups });
          for (const text of texts) {
            log.push(Buffer.from(text));
            await log.flush();
          }
        }
        const onDisk = await readAll();
        expect(onDisk.length).toBeLessThanOrEqual(backups + 1);
        expect(texts.join("").endsWith(joined(onDisk))).toBe(true);
        for (const { text } of onDisk) {
          expect(text === "" || text.endsWith("\n")).toBe(true);
          if (text.length > maxBytes) expect(text.indexOf("\n")).toBe(text.length - 1);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("keeps nothing with 0 backups, and replaces the file", async () => {
    await using log = await openLog({ maxBytes: 30, backups: 0 });
    for (let number = 0; number < 10; number++) log.push(Buffer.from(`record number ${number}\n`));
    await log.flush();
    expect(await readAll()).toEqual([{ name: "app.log", text: "record number 9\n" }]);
  });

  it("writes a record beyond the limit alone into a file", async () => {
    await using log = await openLog({ maxBytes: 10 });
    for (const record of ["small\n", `${"long".repeat(10)}\n`, "after\n"]) log.push(Buffer.from(record));
    await log.flush();
    expect((await readAll()).map(({ text }) => text)).toEqual(["small\n", `${"long".repeat(10)}\n`, "after\n"]);
  });

  it("takes up what an earlier run left: holes, half-done compressions, too many backups", async () => {
    await fs.writeFile(`${file}.2`, "two\n");
    await fs.writeFile(`${file}.4.gz`, "not looked at");
    await fs.writeFile(`${file}.4`, "four\n");
    await fs.writeFile(`${file}.7`, "seven\n");
    await fs.writeFile(`${file}.compressing`, "half");
    await fs.writeFile(`${file}.old`, "foreign\n");
    await using log = await openLog({ backups: 2, compress: "gzip" });
    await log.atRest();
    expect((await readAll()).map(({ name, text }) => `${name}: ${text}`).sort()).toEqual([
      "app.log.1.gz: two\n",
      "app.log.2.gz: four\n",
      "app.log.old: foreign\n",
      "app.log: ",
    ]);
  });

  it("never waits for a compression, and drops what left the list meanwhile", async () => {
    let release = () => undefined as void;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const files: FileLayer = {
      ...realFiles,
      open: async (...args: Parameters<typeof fs.open>) => {
        if (String(args[0]).endsWith(".compressing")) await gate;
        return realFiles.open(...args);
      },
    };
    const lines = records(0, 30);
    await using log = await openLog({ maxBytes: 60, backups: 3, compress: "zstd" }, files);
    for (const line of lines) log.push(Buffer.from(line));
    await log.flush();
    expect((await readAll()).map(({ name }) => name)).toEqual(["app.log.3", "app.log.2", "app.log.1", "app.log"]);
    release();
    await log.atRest();
    const onDisk = await readAll();
    expect(onDisk.map(({ name }) => name)).toEqual(["app.log.3.zst", "app.log.2.zst", "app.log.1.zst", "app.log"]);
    expect(lines.join("").endsWith(joined(onDisk))).toBe(true);
  });
});

describe("names and modes", () => {
  it("follows no planted link, neither at the live name nor at a backup's", async () => {
    const treasure = path.join(folder, "treasure");
    await fs.writeFile(treasure, "gold\n");
    for (const name of [file, `${file}.1`, `${file}.1.gz`, `${file}.compressing`]) await fs.symlink(treasure, name);
    await using log = await openLog({ maxBytes: 10, compress: "gzip" });
    for (const line of ["one one\n", "two two\n", "three\n"]) log.push(Buffer.from(line));
    await log.atRest();
    expect(await fs.readFile(treasure, "utf8")).toBe("gold\n");
    expect(joined(await readAll())).toBe("one one\ntwo two\nthree\n");
    expect(log.problems).toEqual([expect.stringContaining("no regular file")]);
  });

  it("makes files of mode 0640 and keeps an operator's own mode, through rotation and compression", async () => {
    const modes = async () =>
      Promise.all(
        (await fs.readdir(folder)).sort().map(async (name) => (await fs.stat(path.join(folder, name))).mode & 0o777),
      );
    {
      await using log = await openLog({ maxBytes: 10 });
      log.push(Buffer.from("new file\n"));
      await log.flush();
      expect(await modes()).toEqual([0o640]);
    }
    await fs.chmod(file, 0o600);
    await using log = await openLog({ maxBytes: 10, compress: "gzip" });
    log.push(Buffer.from("another\n"));
    await log.flush();
    await log.rotate();
    await log.atRest();
    expect(await modes()).toEqual([0o600, 0o600, 0o600]);
    await fs.chmod(file, 0o660);
    log.push(Buffer.from("open to the group while it is open here\n"));
    await log.rotate();
    await log.atRest();
    expect(await modes()).toEqual([0o660, 0o660, 0o600, 0o600]);
  });
});

describe("bad days", () => {
  it.each(["file", "folder"])("goes on in a new file after the %s was deleted", async (what) => {
    await using log = await openLog({});
    log.push(Buffer.from("before\n"));
    await log.flush();
    await fs.rm(what === "file" ? file : folder, { recursive: true });
    await vi.waitFor(async () => {
      log.push(Buffer.from("after\n"));
      await log.flush();
      expect(await fs.readFile(file, "utf8")).toMatch(/^(after\n)+$/);
    }, 5_000);
    expect(log.problems).toEqual([]);
  });

  it("goes on by the name after a reopen, and leaves the renamed file alone", async () => {
    await using log = await openLog({});
    log.push(Buffer.from("before\n"));
    await log.flush();
    await fs.rename(file, path.join(folder, "moved"));
    log.push(Buffer.from("still\n"));
    await log.flush();
    await log.reopen();
    log.push(Buffer.from("after\n"));
    await log.flush();
    expect(await fs.readFile(path.join(folder, "moved"), "utf8")).toBe("before\nstill\n");
    expect(await fs.readFile(file, "utf8")).toBe("after\n");
  });

  it("holds records while the disk is full, drops and counts beyond the bound, and goes on by itself", async () => {
    let full = false;
    const files: FileLayer = {
      ...realFiles,
      open: async (...args: Parameters<typeof fs.open>) => {
        const handle = await realFiles.open(...args);
        const writev = handle.writev.bind(handle);
        handle.writev = (async (buffers: Buffer[]) => {
          if (!full) return writev(buffers);
          throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
        }) as typeof handle.writev;
        return handle;
      },
    };
    await using log = await openLog({ maxBytes: 0, bufferBytes: 100 }, files);
    log.push(Buffer.from("before\n"));
    await log.flush();
    full = true;
    for (let number = 0; number < 20; number++) log.push(Buffer.from(`record ${String(number).padStart(2, "0")}\n`));
    await vi.waitFor(() => expect(log.problems).toHaveLength(1));
    expect(log.stalledMs).toBe(Number.POSITIVE_INFINITY);
    full = false;
    await log.flush();
    log.push(Buffer.from("after\n"));
    await log.flush();
    const kept = Array.from({ length: 10 }, (_, number) => `record ${String(number).padStart(2, "0")}\n`).join("");
    expect(await fs.readFile(file, "utf8")).toBe(`before\n${kept}dropped 10\nafter\n`);
    expect(log.facts).toMatchObject({ droppedRecords: 10, queuedBytes: 0, problem: null });
  });

  it("ends at a record boundary when a real limit of the system cuts a write short", async () => {
    const script = `
      import { LogFile } from ${JSON.stringify(path.join(import.meta.dirname, "log-file.ts"))};
      const log = await LogFile.open({
        file: process.argv[1],
        settings: { maxBytes: 0, backups: 1, compress: "none", bufferBytes: 1000 },
        describeDrop: (records) => Buffer.from("dropped " + records + "\\n"),
        onProblem: (message) => console.log(message),
        retryMs: 10,
      });
      for (let number = 0; number < 500; number++) log.push(Buffer.from("record " + number + "\\n"));
      await log[Symbol.asyncDispose]();`;
    const args = ["--fsize=1001", process.execPath, "--input-type=module-typescript", "-e", script, file];
    const child = spawn("prlimit", args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    const [code] = await once(child, "close");
    expect(code).toBe(0);
    expect(output.split("\n")).toEqual([
      `${file} can't be written: Error: the disk takes no more`,
      `1 records could not be written to ${file} before the end, 400 were dropped`,
      "",
    ]);
    // Records 0 to 99 make 990 bytes; 1,001 are allowed.
    const kept = Array.from({ length: 100 }, (_, number) => `record ${number}\n`).join("");
    expect(await fs.readFile(file, "utf8")).toBe(kept);
  });

  it("ends the torn record that a killed run left", async () => {
    await fs.writeFile(file, "whole\ntor");
    await using log = await openLog({});
    log.push(Buffer.from("after\n"));
    await log.flush();
    expect(await fs.readFile(file, "utf8")).toBe("whole\ntor\nafter\n");
  });

  it("goes on beyond the limit, and says so, where a backup's name can't be taken", async () => {
    await fs.mkdir(path.join(folder, "app.log.1"));
    await using log = await openLog({ maxBytes: 10 });
    for (const line of ["one one\n", "two two\n", "three\n"]) log.push(Buffer.from(line));
    await log.flush();
    expect(await fs.readFile(file, "utf8")).toBe("one one\ntwo two\nthree\n");
    expect(log.problems).toEqual([expect.stringContaining("can't be rotated")]);
  });
});

describe("tail", () => {
  it("starts at a record boundary and goes on with all that is written after it, across rotations", async () => {
    await using log = await openLog({ maxBytes: 20 });
    log.push(Buffer.from("one\ntwo\n"));
    await log.flush();
    const seen: Buffer[] = [];
    expect((await log.tail(6, (run) => seen.push(...run))).toString()).toBe("two\n");
    log.push(Buffer.from("three three\n"));
    log.push(Buffer.from("four\nfive\n"));
    await log.flush();
    expect(Buffer.concat(seen).toString()).toBe("three three\nfour\nfive\n");
  });
});
