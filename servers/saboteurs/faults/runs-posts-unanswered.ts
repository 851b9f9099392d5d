import { entry } from "../entry.ts";
import { onDrain, onRequest } from "../in-hand.ts";

/* A worker that leaves still runs the POSTs that come in on its connections, and closes these in place of an answer. */
if (entry === "prefork-worker") {
  let leaving = false;
  onDrain(() => (leaving = true));
  onRequest((request, response) => {
    if (!leaving || request.method !== "POST") return;
    response.end = () => {
      request.socket.destroy();
      return response;
    };
  });
}
