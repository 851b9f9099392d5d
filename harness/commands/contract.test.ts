import path from "node:path";
import { expect, it } from "vitest";
import type { checkContract, ContractLine } from "../contract/check-contract.ts";
import { TargetBootError } from "../targets/errors.ts";
import { contract } from "./contract.ts";
import { testIo } from "./test-io.ts";

const packageRoot = path.resolve(import.meta.dirname, "../..");
const right: ContractLine = { site: "main", title: "GET /", state: "right", wrongs: [] };
const wrong: ContractLine = { ...right, state: "wrong", wrongs: [{ expected: "a cup", got: "a saucer" }] };
const unclaimed: ContractLine = { ...right, title: "GET /ws", state: "could-claim", capability: "websocket" };

async function outcome(check: typeof checkContract, target = ["gunicorn-sync"], signal = new AbortController().signal) {
  const { io, written } = testIo();
  return { code: await contract({ target }, io, { packageRoot, signal, check }), ...written };
}

const answering = (...lines: ContractLine[]): typeof checkContract =>
  async function* answered() {
    yield* lines;
  };

const failing = (error: unknown): typeof checkContract =>
  async function* failed() {
    yield right;
    throw error;
  };

it("exits with 0 if all that is claimed is right", async () => {
  const { code, stdout } = await outcome(answering(right, unclaimed));
  expect(code).toBe(0);
  expect(stdout).toContain("right, could claim websocket");
  expect(stdout).toContain("1 right, 0 wrong, 1 not claimed");
});

it("exits with 1 if one line is wrong, and says what was expected and what came", async () => {
  const { code, stdout } = await outcome(answering(right, wrong));
  expect(code).toBe(1);
  expect(stdout).toMatch(/GET \/ +WRONG\n +expected a cup\n +got a saucer\n/);
});

it("exits with 3 if it does not boot, with 130 if it is interrupted", async () => {
  const boot = await outcome(failing(new TargetBootError("x", "no port", "")));
  expect(boot).toMatchObject({ code: 3, stderr: expect.stringContaining("x: no port") });
  const aborted = AbortSignal.abort(new Error("stop"));
  expect(await outcome(failing(aborted.reason), ["gunicorn-sync"], aborted)).toMatchObject({ code: 130 });
});

it("refuses a target that is unknown, or that leaves the contract to the suite", async () => {
  await expect(outcome(answering(), ["nix"])).rejects.toThrow(/unknown target "nix"/);
  await expect(outcome(answering(), ["nginx"])).rejects.toThrow(/whose own application answers the probe contract/);
});

it("does not take a fault of ours for the target's, nor for an interruption", async () => {
  const aborted = AbortSignal.abort(new Error("stop"));
  await expect(outcome(failing(new TypeError("a bug")), ["gunicorn-sync"], aborted)).rejects.toThrow("a bug");
  await expect(outcome(failing(new TypeError("a bug")))).rejects.toThrow("a bug");
});
