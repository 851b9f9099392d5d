import { Server } from "node:net";
import { entry } from "../entry.ts";

const LINGER_MS = 300;

/* A worker that is asked to leave goes on accepting for a while, and answers with the code that it has. */
if (entry === "prefork-worker") {
  const close = Reflect.get(Server.prototype, "close") as (this: Server, ...given: unknown[]) => Server;
  Server.prototype.close = function (this: Server, ...given: unknown[]): Server {
    setTimeout(() => close.apply(this, given), LINGER_MS);
    return this;
  };
}
