import { ServerResponse } from "node:http";
import { entry } from "../entry.ts";
import { onUpstreamClosing } from "../upstream-closing.ts";

/* The proxy takes the upstream's `Connection: close` for its own: each worker that leaves costs its clients their connections. */
if (entry === "proxy") {
  let closing = false;
  onUpstreamClosing(() => {
    closing = true;
    // The answer is relayed in the same turn of the loop.
    setImmediate(() => (closing = false));
  });
  const writeHead = Reflect.get(ServerResponse.prototype, "writeHead") as (
    this: ServerResponse,
    ...args: unknown[]
  ) => unknown;
  const passing = function (this: ServerResponse, ...args: unknown[]): unknown {
    if (closing) this.shouldKeepAlive = false;
    return writeHead.apply(this, args);
  };
  Object.assign(ServerResponse.prototype, { writeHead: passing });
}
