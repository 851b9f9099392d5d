import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { performAction, type ActionReach } from "./actions.ts";
import type { TargetAction } from "./schema.ts";

type Ran = Awaited<ReturnType<ActionReach["run"]>>;

function perform(action: TargetAction, ran: Ran = { output: "", exitCode: 0 }) {
  const nobody = (): never => {
    throw new Error("there is nobody");
  };
  return performAction(action, {
    values: { ports: new Map(), env: {} } as unknown as ActionReach["values"],
    childPid: nobody,
    mainPid: () => Promise.reject(new Error("there is nobody")),
    pidFromFile: () => Promise.reject(new Error("there is nobody")),
    run: () => Promise.resolve(ran),
    signal: AbortSignal.timeout(60_000),
  });
}

const COMMAND: TargetAction = { command: ["ctl", "reload"] };

test("a command that ends with a status of its own other than 0 has refused", async () => {
  expect(await perform(COMMAND)).not.toHaveProperty("error");
  expect(await perform(COMMAND, { output: "no", error: "code 1", exitCode: 1 })).toMatchObject({
    error: "code 1",
    refused: true,
  });
  // Ended or never started; a shell that found no such command, or none that it may run.
  for (const exitCode of [null, 126, 127]) {
    const outcome = await perform(COMMAND, { output: "", error: "why", exitCode });
    expect(outcome).toMatchObject({ error: "why" });
    expect(outcome).not.toHaveProperty("refused");
  }
});

test("nobody to signal, or nobody who answers, has refused nothing", async () => {
  for (const action of [
    { signal: "HUP" },
    { signal: "HUP", to: "child" },
    { touch: "/nonexistent/folder/file" },
    { http: { method: "POST", url: "http://127.0.0.1:1/" } },
  ] satisfies TargetAction[]) {
    const outcome = await perform(action);
    expect(outcome.error).toBeTypeOf("string");
    expect(outcome).not.toHaveProperty("refused");
  }
});

test("an answer of 400 or more is a refusal, any other beside 2xx only a failure", async () => {
  const server = createServer((request, response) => {
    response.statusCode = Number(request.url?.slice(1));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const ask = (status: number) => perform({ http: { method: "POST", url: `http://127.0.0.1:${port}/${status}` } });
  try {
    expect(await ask(204)).not.toHaveProperty("error");
    expect(await ask(302)).not.toHaveProperty("refused");
    expect((await ask(302)).error).toContain("came 302");
    expect(await ask(409)).toMatchObject({ refused: true });
    expect(await ask(503)).toMatchObject({ refused: true });
  } finally {
    server.close();
  }
});
