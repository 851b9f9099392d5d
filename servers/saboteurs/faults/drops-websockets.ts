import { entry } from "../entry.ts";
import { inHand, onDrain } from "../in-hand.ts";

/* A worker that leaves breaks the connections that are no longer HTTP off at once. */
if (entry === "prefork-worker") {
  onDrain(() => {
    for (const [socket, { upgraded }] of inHand) if (upgraded) socket.destroy();
  });
}
