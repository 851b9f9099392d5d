import { exchange, type ExchangeOptions, type ExchangeResult } from "../client/exchange.ts";
import type { Door, HeldBy, HeldRequest } from "../spec/history.ts";
import { createHash } from "node:crypto";
import type { Gate } from "../process/gates.ts";
import { waitUntil } from "../process/wait-until.ts";
import { LIMITS } from "../spec/limits.ts";
import type { HeldHandle, HoldPlan } from "../spec/scenario.ts";
import type { StageContext } from "./context.ts";

const UPLOAD_BYTES = 256 * 1024;
/** More than the buffers of all sockets on the way take in, so that its end stays with the application. */
const DOWNLOAD_BYTES = 12 * 1024 * 1024;
const BODY_END_BYTES = 64;

/** A request that is under way, and how it is let go on. */
interface Begun {
  readonly answer: Promise<ExchangeResult>;
  readonly enteredMs: number;
  readonly letGo: () => Promise<void> | void;
}

/** Sends a request that can't be answered before it is released; resolves when the application has begun with it. */
export async function holdRequest(context: StageContext, plan: HoldPlan): Promise<HeldHandle> {
  const { target, recorder } = context;
  const { door, by = "gate" } = plan;
  const { answer, enteredMs, letGo } = await BEGIN[by](context, plan);
  const action = recorder.actions.filter(({ kind }) => kind === "reload").length + 1;
  return {
    async release() {
      const releasedMs = recorder.now();
      await letGo();
      const { row, body } = await answer;
      if (row.worker > 0) context.meet(row.worker, row.generation);
      const held: HeldRequest = { row, door, enteredMs, releasedMs, action, ...(by !== "gate" && { by }) };
      const bodyEnd = body.toString("latin1", Math.max(0, body.length - BODY_END_BYTES));
      recorder.held.push(by === "stream" ? { ...held, bodyEnd } : held);
      // What a held request keeps alive may take its settle time from here on.
      const spanned = recorder.actions.find(({ kind, index }) => kind === "reload" && index === action);
      if (spanned)
        spanned.settleDeadlineMs = Math.max(spanned.settleDeadlineMs, releasedMs + target.facts(context.site).settleMs);
    },
  };
}

const BEGIN: Readonly<Record<HeldBy, (context: StageContext, plan: HoldPlan) => Promise<Begun>>> = {
  gate: behindGate,
  upload: halfUploaded,
  download: unread,
  stream: streaming,
};

/** The application answers only when the gate is opened. */
async function behindGate(context: StageContext, { door, enterMs }: HoldPlan): Promise<Begun> {
  const { target, recorder, signal } = context;
  const id = `${context.idPrefix("held")}0`;
  const gate = target.gate(id);
  // Released after the settle time at the latest, which is the target's own to choose. The application gives up by
  // itself, so that no worker is held for ever; its answer then still counts.
  const holdMs = LIMITS.holdMs + target.facts(context.site).settleMs;
  const request = { path: `/hold?gate=${id}&ms=${holdMs}` };
  const answer = exchange({ ...common(context, door, id), request });
  const entered = await entersBeforeItEnds(gate, answer, signal, enterMs);
  return { answer, enteredMs: entered ? recorder.now() : Number.NaN, letGo: () => gate.open() };
}

/** Refused or answered at once, a request will not enter its gate any more: no point in waiting for that. */
async function entersBeforeItEnds(
  gate: Gate,
  answer: Promise<unknown>,
  signal: AbortSignal,
  enterMs?: number,
): Promise<boolean> {
  const over = new AbortController();
  void answer.then(() => over.abort());
  try {
    return await gate.entered(AbortSignal.any([signal, over.signal]), enterMs);
  } catch (error) {
    signal.throwIfAborted();
    if (!over.signal.aborted) throw error;
    // It may have entered and been cut right after.
    return gate.entered(signal, 0);
  }
}

/** The first half of the body is sent, and the server has asked for more of it: somebody reads. */
function halfUploaded(context: StageContext, { door }: HoldPlan): Promise<Begun> {
  const { promise: rest, resolve } = Promise.withResolvers<void>();
  const id = `${context.idPrefix("upload")}0`;
  // Every upload another, so that one can't pass for the other.
  const piece = createHash("sha512").update(id).digest();
  const body = Buffer.alloc(UPLOAD_BYTES, piece);
  const halves = { firstBytes: body.length / 2, rest };
  return begin(context, door, id, { request: { method: "POST", path: "/digest", body, halves } }, resolve);
}

/** The beginning of the answer is here, and the rest can't be sent while nobody reads it. */
function unread(context: StageContext, { door }: HoldPlan): Promise<Begun> {
  const { promise: readOnAfter, resolve } = Promise.withResolvers<void>();
  const id = `${context.idPrefix("download")}0`;
  return begin(context, door, id, { request: { path: `/bytes?n=${DOWNLOAD_BYTES}` }, readOnAfter }, resolve);
}

function streaming(context: StageContext, { door, stream }: HoldPlan): Promise<Begun> {
  const { chunks, everyMs } = stream ?? { chunks: 20, everyMs: 50 };
  const id = `${context.idPrefix("stream")}0`;
  const request = { path: `/stream?chunks=${chunks}&ms=${everyMs}` };
  return begin(context, door, id, { request }, () => undefined);
}

/** Sends it and waits for the first byte that comes back. */
async function begin(
  context: StageContext,
  door: Door,
  id: string,
  plan: Pick<ExchangeOptions, "request" | "readOnAfter">,
  letGo: () => void,
): Promise<Begun> {
  const { recorder, signal } = context;
  let enteredMs = Number.NaN;
  let over = false;
  const answer = exchange({
    ...common(context, door, id),
    ...plan,
    onFirstByte: () => {
      if (Number.isNaN(enteredMs)) enteredMs = recorder.now();
    },
  });
  void answer.then(() => (over = true));
  await waitUntil(() => over || !Number.isNaN(enteredMs), LIMITS.continueMs, signal);
  return { answer, enteredMs, letGo };
}

function common(context: StageContext, door: Door, id: string) {
  const { target, recorder, signal } = context;
  return {
    endpoint: context.endpoint(door),
    clock: recorder,
    id,
    expect: "contract",
    limits: { requestMs: LIMITS.holdMs + target.facts(context.site).settleMs + LIMITS.requestMs },
    signal,
  } as const;
}
