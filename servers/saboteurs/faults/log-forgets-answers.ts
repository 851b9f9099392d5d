import { ServerResponse } from "node:http";
import { entry } from "../entry.ts";

/* One answer in five hundred is not logged, as where the record is written only if the connection is still there. */
if (entry === "prefork-worker") {
  const once = Reflect.get(ServerResponse.prototype, "once") as (...given: readonly unknown[]) => ServerResponse;
  let answers = 0;
  ServerResponse.prototype.once = function onceOrNever(this: ServerResponse, event: string, listener: () => void) {
    if (event === "finish" && ++answers % 500 === 0) return this;
    return Reflect.apply(once, this, [event, listener]);
  };
}
