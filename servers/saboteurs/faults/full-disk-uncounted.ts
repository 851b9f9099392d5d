import { entry } from "../entry.ts";

/* What does not fit into the buffer while the disk is full is dropped, and nobody counts it. */
if (entry === "supervisor") {
  const { RecordQueue } = await import("../../supervisor/logs/record-queue.ts");
  RecordQueue.prototype.drop = () => undefined;
}
