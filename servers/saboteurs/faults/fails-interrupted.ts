import { entry } from "../entry.ts";
import { inHand, onDrain } from "../in-hand.ts";

/* What sleeps or reads in the application when the signal comes fails with the error of an interrupted call. */
if (entry === "prefork-worker") {
  onDrain(() => {
    for (const { exchanges } of inHand.values()) {
      for (const { response } of exchanges) {
        if (!response.headersSent) response.writeHead(500).end("Interrupted system call");
      }
    }
  });
}
