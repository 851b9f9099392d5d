import { entry } from "../entry.ts";
import { onUpstreamClosing } from "../upstream-closing.ts";

const STALL_MS = 1_500;

/* When workers of one application leave, the proxy looks up its configuration anew, synchronously: everybody else waits for it. */
if (entry === "proxy") {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  let nextMs = 0;
  onUpstreamClosing(() => {
    if (performance.now() < nextMs) return;
    Atomics.wait(cell, 0, 0, STALL_MS);
    nextMs = performance.now() + STALL_MS;
  });
}
