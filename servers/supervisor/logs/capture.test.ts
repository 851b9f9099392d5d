import * as fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { Capture } from "./capture.ts";
import { realFiles, type FileLayer } from "./file-layer.ts";

async function withCapture(
  bufferBytes: number,
  act: (capture: Capture, file: string) => Promise<void>,
  files: FileLayer = realFiles,
): Promise<string> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "capture-"));
  const file = path.join(folder, "app.log");
  const settings = { maxBytes: 0, backups: 1, compress: "none", bufferBytes } as const;
  try {
    {
      await using capture = await Capture.open({ program: "app", file, settings, onProblem: () => undefined, files });
      await act(capture, file);
    }
    return await fs.readFile(file, "utf8");
  } finally {
    await fs.rm(folder, { recursive: true });
  }
}

describe("capture", () => {
  it("never mixes two channels, ends an unfinished line, and loses nothing at the end", async () => {
    const text = await withCapture(1024 ** 2, async (capture) => {
      const [out, err] = [new PassThrough(), new PassThrough()];
      const ended = Promise.all([capture.attach(out, "standard output"), capture.attach(err, "standard error")]);
      out.write("one ");
      err.write("two ");
      out.write("one\n");
      err.write("two\n");
      out.end("last words");
      err.end();
      await ended;
    });
    expect(text.split("\n").sort()).toEqual(["", "last words", "one one", "two two"]);
  });

  it("cuts a line without end, and says so in a record", async () => {
    const text = await withCapture(2000, async (capture) => {
      const out = new PassThrough();
      const ended = capture.attach(out, "standard output");
      out.write("x".repeat(1001));
      out.end("rest\n");
      await ended;
    });
    const [part, record = "", rest] = text.split("\n");
    expect([part, rest]).toEqual(["x".repeat(1001), "rest"]);
    expect(JSON.parse(record)).toMatchObject({ app: "app", event: "partial", bytes: 1001, seq: 0 });
  });

  it("slows an application down for a disk that is slow, and loses nothing", async () => {
    const lines = Array.from({ length: 400 }, (_, index) => `record ${index} ${"x".repeat(500)}\n`);
    const text = await withCapture(20_000, async (capture) => {
      const out = new PassThrough();
      const ended = capture.attach(out, "standard output");
      for (const line of lines) if (!out.write(line)) await new Promise((resolve) => out.once("drain", resolve));
      out.end();
      await ended;
      expect(capture.log.facts.droppedRecords).toBe(0);
    });
    expect(text).toBe(lines.join(""));
  });

  it("reads on while the disk refuses, and tells the number of dropped records once it takes them again", async () => {
    let full = true;
    const files: FileLayer = {
      ...realFiles,
      open: async (...args: Parameters<typeof fs.open>) => {
        const handle = await realFiles.open(...args);
        const writev = handle.writev.bind(handle);
        handle.writev = (async (buffers: Buffer[]) => {
          if (full) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
          return writev(buffers);
        }) as typeof handle.writev;
        return handle;
      },
    };
    const text = await withCapture(
      10_000,
      async (capture) => {
        const out = new PassThrough();
        const ended = capture.attach(out, "standard output");
        for (let index = 0; index < 1000; index++) out.write(`${"x".repeat(99)}\n`);
        out.end();
        await ended;
        await vi.waitFor(() => expect(capture.log.facts.problem).toBe("ENOSPC"));
        expect(capture.log.facts.droppedRecords).toBe(900);
        full = false;
        await capture.log.flush();
      },
      files,
    );
    const lines = text.split("\n").slice(0, -1);
    expect(lines).toHaveLength(101);
    expect(JSON.parse(lines[100] ?? "")).toMatchObject({ event: "dropped", count: 900, app: "app" });
  });
});
