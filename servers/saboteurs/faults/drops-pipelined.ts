import { entry } from "../entry.ts";
import { inHand, onDrain } from "../in-hand.ts";

/* A worker that leaves answers the request that it is at, and closes the connection over those that wait behind it. */
if (entry === "prefork-worker") {
  onDrain(() => {
    for (const [socket, { exchanges }] of inHand) {
      if (exchanges.length > 1) exchanges[0]?.response.prependOnceListener("finish", () => socket.destroy());
    }
  });
}
