import type { ConversationHandle, Stage } from "../../harness/spec/scenario.ts";
import { PATIENCE_MS } from "./loads.ts";

const STREAM = "/stream?chunks=20&ms=100";

export interface Stream {
  readonly talk: ConversationHandle;
  /** Who sends it; undefined if nobody does. */
  readonly worker: number | undefined;
}

/** An answer that is under way for two seconds, and that says at once whose it is. */
export async function beginStream(stage: Stage, door: Stage["doors"][number]): Promise<Stream> {
  const talk = await stage.converse({ name: "in-hand", door });
  await talk.send(`GET ${STREAM} HTTP/1.1\r\nHost: ${talk.hostHeader}\r\nx-hupspec-id: ${talk.id}\r\n\r\n`);
  await talk.until((received) => received.includes("\r\n\r\n"), PATIENCE_MS);
  const worker = /^x-hupspec-worker: *(\d+)/im.exec(talk.received)?.[1];
  return { talk, worker: worker === undefined ? undefined : Number(worker) };
}

/** The last chunk of an answer in chunks. */
export function isWhole(received: string): boolean {
  return received.endsWith("\r\n0\r\n\r\n");
}
