import { mkdir, mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseReport } from "./json.ts";
import { fullRecord, record } from "./sample-record.ts";
import { writeReports } from "./write.ts";

let out: string;

beforeEach(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), "hupspec-reports-"));
});
afterEach(() => rm(out, { recursive: true, force: true }));

describe("writing reports", () => {
  it("puts a folder per run and points latest to the last", async () => {
    await writeReports(record({ id: "run-1" }), out);
    const { folder, files } = await writeReports({ ...fullRecord(), run: { ...fullRecord().run, id: "run-2" } }, out);
    expect((await readdir(out)).toSorted()).toEqual(["latest", "run-1", "run-2"]);
    expect(await readlink(path.join(out, "latest"))).toBe("run-2");
    expect(folder).toBe(path.join(out, "run-2"));
    expect((await readdir(folder)).toSorted()).toEqual(files.map((file) => path.basename(file)).toSorted());
    const text = await readFile(path.join(out, "latest", "report.json"), "utf8");
    expect(parseReport(text, "report.json").targets).toHaveLength(3);
  });

  it("adds to a run's folder that holds raw samples already, and can be repeated", async () => {
    await mkdir(path.join(out, "run-1", "samples"), { recursive: true });
    await writeReports(record({ id: "run-1" }), out);
    await writeReports(record({ id: "run-1" }), out);
    expect(await readdir(path.join(out, "run-1"))).toContain("samples");
  });

  it("never replaces something else that is called latest, and leaves no temporary file", async () => {
    await mkdir(path.join(out, "latest"));
    await expect(writeReports(record({ id: "run-1" }), out)).rejects.toThrow(/latest: expected a symbolic link/);
    expect((await readdir(out)).toSorted()).toEqual(["latest", "run-1"]);
  });

  it("refuses a run id that leads elsewhere", async () => {
    for (const id of ["", "..", "a/b", "latest"]) {
      await expect(writeReports(record({ id }), out)).rejects.toThrow(/expected a run id/);
    }
    expect(await readdir(out)).toEqual([]);
  });
});
