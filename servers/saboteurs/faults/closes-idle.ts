import { entry } from "../entry.ts";
import { inHand, onDrain } from "../in-hand.ts";

/* A worker that leaves closes the connections that carry no request just then, and tells nobody before. */
if (entry === "prefork-worker") {
  onDrain(() => {
    for (const [socket, { exchanges, upgraded }] of inHand) if (exchanges.length === 0 && !upgraded) socket.destroy();
  });
}
