import { describe, expect, it } from "vitest";
import { proxy } from "./proxy.ts";
import { freshLoad, keptLoad, rowsAroundReload, soundReload } from "./reload-fixture.ts";

describe("proxy/upstream-reload-hidden", () => {
  const check = proxy["proxy/upstream-reload-hidden"];

  it("holds where clients of the proxy saw nothing", () => {
    expect(check(soundReload())).toMatchObject({ outcome: "held", trials: 300 });
  });

  it("is violated by a 502", () => {
    const rows = rowsAroundReload((row, index) => (index === 52 ? { ...row, outcome: "status-502" } : row));
    expect(check(soundReload({ loads: [freshLoad(rows)] }))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("is violated by errors of an application that did not survive its reload", () => {
    const rows = rowsAroundReload((row) =>
      (row.intendedMs ?? 0) > 1_000 ? { ...row, outcome: "status-502", generation: 0, worker: 0 } : row,
    );
    expect(check(soundReload({ loads: [freshLoad(rows)] }))).toMatchObject({ outcome: "violated", violations: 99 });
  });

  it("is violated by a closed connection, an announced one too", () => {
    const kept = keptLoad(undefined, { closes: { announced: 1, idle: 0 } });
    expect(check(soundReload({ loads: [kept] }))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("does not look at the door behind the proxy", () => {
    const rows = rowsAroundReload((row, index) => (index === 52 ? { ...row, outcome: "refused" } : row));
    expect(check(soundReload({ loads: [freshLoad(), freshLoad(rows, { door: "direct" })] })).outcome).toBe("held");
    expect(check(soundReload({ loads: [freshLoad(rows, { door: "direct" })] })).outcome).toBe("inconclusive");
  });
});
