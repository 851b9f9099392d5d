import { connect, type Socket } from "node:net";
import { LIMITS } from "../spec/limits.ts";
import type { Conversation, Utterance } from "../spec/observation.ts";
import type { ConversationHandle, ConversationPlan } from "../spec/scenario.ts";
import { addressOf } from "../targets/endpoint.ts";
import type { StageContext } from "./context.ts";

/** Opens a raw connection; resolves when it is established or could not be. */
export async function converse(context: StageContext, { name, door }: ConversationPlan): Promise<ConversationHandle> {
  const endpoint = context.endpoint(door);
  const talk = new Talk(name, door, connect({ ...addressOf(endpoint), noDelay: true }), context);
  context.talks.add(talk);
  await talk.connected;
  return Object.assign(talk, { id: `${context.idPrefix(name)}0`, hostHeader: endpoint.hostHeader });
}

/** One connection and what was said on it; in the history from its end on. */
class Talk {
  readonly connected: Promise<void>;
  readonly #name: string;
  readonly #at: string;
  readonly #socket: Socket;
  readonly #context: StageContext;
  readonly #sent: Utterance[] = [];
  readonly #received: Utterance[] = [];
  #text = "";
  #receivedBytes = 0;
  #keptBytes = 0;
  #connectedMs = Number.NaN;
  #endedMs = Number.NaN;
  #end: Conversation["end"] = "open";
  #closed = false;
  #wake = Promise.withResolvers<void>();

  constructor(name: string, at: string, socket: Socket, context: StageContext) {
    this.#name = name;
    this.#at = at;
    this.#socket = socket;
    this.#context = context;
    const { now } = context.recorder;
    const timer = setTimeout(() => {
      this.#over("timeout");
      socket.destroy();
    }, LIMITS.connectMs);
    this.connected = new Promise((resolve) => {
      socket.once("connect", () => {
        this.#connectedMs = now();
        resolve();
      });
      socket.once("close", resolve);
    });
    void this.connected.then(() => clearTimeout(timer));
    socket.on("data", (bytes: Buffer) => this.#hear(bytes));
    socket.on("end", () => this.#over("fin"));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      this.#over(Number.isNaN(this.#connectedMs) && error.code !== "ETIMEDOUT" ? "refused" : "reset"),
    );
    socket.on("close", () => this.#over("fin"));
  }

  get received(): string {
    return this.#text;
  }

  get ended(): boolean {
    return this.#end !== "open";
  }

  send(bytes: string | Uint8Array): Promise<void> {
    const buffer = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : Buffer.from(bytes);
    this.#sent.push({ atMs: this.#context.recorder.now(), text: excerpt(buffer) });
    if (this.ended || this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once("close", resolve);
      this.#socket.write(buffer, () => {
        this.#socket.off("close", resolve);
        resolve();
      });
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  async until(isSo: (received: string) => boolean, withinMs: number): Promise<boolean> {
    await this.#watch(() => isSo(this.#text), withinMs);
    return isSo(this.#text);
  }

  async untilEnded(withinMs: number): Promise<boolean> {
    await this.#watch(() => false, withinMs);
    return this.ended;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    this.#context.talks.delete(this);
    this.#context.recorder.observations.push({
      kind: "conversation",
      name: this.#name,
      at: this.#at,
      connectedMs: this.#connectedMs,
      sent: this.#sent,
      received: this.#received,
      receivedBytes: this.#receivedBytes,
      end: this.#end,
      endedMs: this.#endedMs,
    });
  }

  /**
   * Waits until it is so, the connection has ended, or the time is over. Time in which this process itself was held up does not
   * count, beyond one slice: what the peer said meanwhile is still to be read, and the peer may have been held up as well.
   */
  async #watch(isSo: () => boolean, withinMs: number): Promise<void> {
    const { signal } = this.#context;
    let leftMs = withinMs;
    while (!isSo() && !this.ended && leftMs > 0) {
      signal.throwIfAborted();
      const sliceMs = Math.min(leftMs, LIMITS.conversationSliceMs);
      const startedMs = performance.now();
      await this.#pass(sliceMs, signal);
      leftMs -= Math.min(sliceMs, performance.now() - startedMs);
    }
    signal.throwIfAborted();
  }

  /** Until something is heard, or `ms` have passed and what had come by then was heard. */
  async #pass(ms: number, signal: AbortSignal): Promise<void> {
    const over = Promise.withResolvers<void>();
    // Timers that are due come before sockets that can be read: an immediate comes after both.
    const timer = setTimeout(() => setImmediate(over.resolve), ms);
    const abort = (): void => over.resolve();
    signal.addEventListener("abort", abort, { once: true });
    await Promise.race([this.#wake.promise, over.promise]);
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }

  #hear(bytes: Buffer): void {
    this.#receivedBytes += bytes.length;
    // What is kept is bounded in text and in number, whatever the peer sends.
    const room = LIMITS.conversationBytes - this.#keptBytes;
    if (room > 0) {
      const kept = bytes.subarray(0, room);
      this.#keptBytes += kept.length;
      this.#received.push({ atMs: this.#context.recorder.now(), text: kept.toString("latin1") });
      this.#text += kept.toString("latin1");
    }
    this.#stir();
  }

  #over(how: Conversation["end"]): void {
    if (this.#end !== "open" || this.#closed) return;
    this.#end = how;
    this.#endedMs = this.#context.recorder.now();
    this.#stir();
  }

  #stir(): void {
    const { resolve } = this.#wake;
    this.#wake = Promise.withResolvers<void>();
    resolve();
  }
}

function excerpt(bytes: Buffer): string {
  return bytes.subarray(0, LIMITS.conversationBytes).toString("latin1");
}
