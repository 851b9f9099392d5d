import { Server } from "node:net";
import { entry } from "../entry.ts";
import { inHand } from "../in-hand.ts";

const LOOK_MS = 50;

/* A worker that leaves stops accepting when its last connection is gone, and not when it is asked to. */
if (entry === "prefork-worker") {
  const close = Reflect.get(Server.prototype, "close") as (this: Server, ...given: unknown[]) => Server;
  Server.prototype.close = function (this: Server, ...given: unknown[]): Server {
    const timer = setInterval(() => {
      if (inHand.size > 0) return;
      clearInterval(timer);
      close.apply(this, given);
    }, LOOK_MS);
    return this;
  };
}
