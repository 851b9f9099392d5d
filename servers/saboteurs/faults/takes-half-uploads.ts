import { entry } from "../entry.ts";
import { inHand, onDrain } from "../in-hand.ts";

/* A worker that leaves reads no more: the application takes what came of a body for all of it. */
if (entry === "prefork-worker") {
  onDrain(() => {
    for (const { exchanges } of inHand.values()) {
      for (const { request } of exchanges) {
        if (request.complete) continue;
        // Said to be complete, it is not taken for one that the client broke off.
        request.complete = true;
        request.push(null);
      }
    }
  });
}
