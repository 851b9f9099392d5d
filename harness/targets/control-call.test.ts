import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import type { CommandResult } from "../process/run-command.ts";
import { performCall, type CallReach } from "./control-call.ts";
import type { PlaceholderValues } from "./placeholders.ts";

const values: PlaceholderValues = {
  ports: new Map(),
  workspace: "/w",
  current: new Map(),
  gates: "/g",
  targetDir: "/t",
  workers: 2,
  node: "node",
  env: {},
  site: "main",
};

const run =
  (result: Partial<CommandResult>, commands: (readonly string[])[] = []) =>
  async (command: readonly string[]): Promise<CommandResult> => {
    commands.push(command);
    return { stdout: "", stderr: "", exitCode: 0, ...result };
  };

const reach = (part: Partial<CallReach> = {}): CallReach => ({
  values,
  run: run({}),
  withinMs: 5_000,
  signal: AbortSignal.timeout(10_000),
  ...part,
});

const pid = { command: ["ctl", "pid", "${program}"] };

test("a command is told the program, or gets one argument fewer", async () => {
  const commands: (readonly string[])[] = [];
  const named = await performCall(
    pid,
    reach({ values: { ...values, program: "typo" }, run: run({ stdout: "1\n" }, commands) }),
  );
  await performCall(pid, reach({ run: run({}, commands) }));
  await performCall({ command: ["ctl", "pid", "${program}_instance"] }, reach({ run: run({}, commands) }));
  expect(commands).toEqual([
    ["ctl", "pid", "typo"],
    ["ctl", "pid"],
    ["ctl", "pid"],
  ]);
  expect(named).toMatchObject({ call: "ctl pid typo", answer: "accepted", outcome: "exit status 0", output: "1\n" });
});

test.each([
  [{ exitCode: 3, stderr: "no such program", error: "exited with 3" }, "refused", "exit status 3"],
  [{ exitCode: null, error: "it was ended after 5 ms" }, "broken", "it was ended after 5 ms"],
  // Ended by us, it may still leave with a status of its own: that is no success.
  [{ exitCode: 0, error: "it was ended after 5 ms" }, "refused", "exit status 0"],
] as const)("what a command does wrong is a value: %j", async (result, answer, outcome) => {
  expect(await performCall(pid, reach({ run: run(result) }))).toMatchObject({ answer, outcome });
});

test("a request over a unix socket is sent as it is written", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "control-call-"));
  const socket = path.join(folder, "s");
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      if (request.url === "/cut") return void request.socket.destroy();
      const status = Number(request.url?.split("/").at(-1));
      response
        .writeHead(status || 200)
        .end(`${request.method} ${request.url} ${request.headers["content-type"]} ${body}`);
    });
  });
  try {
    await once(server.listen(socket), "listening");
    const call = (path: string, more: object = {}) =>
      performCall(
        { http: { at: socket, method: "POST", path, ...more } },
        reach({ values: { ...values, verb: "a.b" } }),
      );
    expect(await call("/x/../${verb}", { type: "text/xml", body: "<${verb}>" })).toMatchObject({
      call: `POST /x/../a.b at ${socket}`,
      answer: "accepted",
      output: "POST /x/../a.b text/xml <a.b>",
      complaint: "",
    });
    expect(await call("/404")).toMatchObject({
      answer: "refused",
      outcome: "status 404",
      output: "",
      complaint: expect.stringContaining("/404"),
    });
    expect(await call("/501")).toMatchObject({ answer: "refused" });
    expect(await call("/500")).toMatchObject({ answer: "broken" });
    expect(await call("/cut")).toMatchObject({ answer: "broken", outcome: "no answer (ECONNRESET)" });
    expect(await call("/200", { refusedBy: "POST" })).toMatchObject({ answer: "refused", outcome: "status 200" });
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  }
  const gone = { http: { at: socket, method: "GET", path: "/" } };
  expect(await performCall(gone, reach())).toMatchObject({ answer: "broken", outcome: "no answer (ENOENT)" });
});
