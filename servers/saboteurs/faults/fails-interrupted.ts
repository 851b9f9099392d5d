import { entry } from "../entry.ts";
import { inHand, onDrain } from "../in-hand.ts";

/* What sleeps or reads in the application when the signal comes fails with the error of an interrupted call. */
if (entry === "prefork-worker") {
  onDrain(() => {
    for (const { exchanges } of inHand.values()) {
      for (const { response } of exchanges) {
        // The application's own page for it: each of its answers names the worker.
        if (!response.headersSent) {
          response.writeHead(500, { "x-hupspec-worker": process.pid }).end("Interrupted system call");
        }
      }
    }
  });
}
