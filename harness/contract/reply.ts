/** One request of the contract, as it is sent; the id is added by whoever sends it. */
export interface Asked {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: Uint8Array;
  /** The body goes out in chunks, without a Content-Length. */
  readonly chunked?: boolean;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** False where the reader had seen enough of an answer that does not end by itself. */
  readonly complete: boolean;
  /** From sending the request to the end of the answer, and from the first byte of its body to the end. */
  readonly tookMs: number;
  readonly bodyMs: number;
}

/** What came back: an answer, or why there is none. */
export type Reply = {
  readonly asked: Asked;
  readonly id: string;
  readonly connection: "fresh" | "reused";
} & ({ readonly answer: Answer } | { readonly failure: string });

/** What the contract says, and what came instead. */
export interface Wrong {
  readonly expected: string;
  readonly got: string;
}

/** What right answers have in common for as long as nobody deploys and reloads. */
export interface Facts {
  readonly generation: number;
  readonly setting: string;
  /** True for a process of the target. */
  readonly isWorker: (pid: number) => boolean;
}
