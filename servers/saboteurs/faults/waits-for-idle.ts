import { ChildProcess } from "node:child_process";
import { entry } from "../entry.ts";
import { inHand, onDrain } from "../in-hand.ts";

/* At the deadline a worker breaks off its requests; for clients that are silent it waits, and the master lets it. */
if (entry === "prefork-worker") {
  onDrain(() => {
    for (const [socket, { exchanges, upgraded }] of inHand) {
      if (exchanges.length === 0 && !upgraded) socket.destroy = () => socket;
    }
  });
}
if (entry === "prefork-master") ChildProcess.prototype.kill = () => false;
