import { subscribe } from "node:diagnostics_channel";
import { entry } from "../entry.ts";
import { inHand } from "../in-hand.ts";

/* At the deadline of its drain a worker ends the answers that are under way as if they were complete: with a last chunk. */
if (entry === "prefork-worker") {
  subscribe("prefork:deadline", () => {
    for (const { exchanges } of inHand.values()) {
      for (const { response } of exchanges) if (response.headersSent && response.chunkedEncoding) response.end();
    }
  });
}
