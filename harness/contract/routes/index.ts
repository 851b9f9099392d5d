import { anyRoute, type AnyRoute } from "../route.ts";
import { bytes } from "./bytes.ts";
import { child } from "./child.ts";
import { crash } from "./crash.ts";
import { digest, digestInChunks } from "./digest.ts";
import { events } from "./events.ts";
import { hold } from "./hold.ts";
import { loading } from "./loading.ts";
import { log } from "./log.ts";
import { records } from "./records.ts";
import { keptAlive, root } from "./root.ts";
import { stream } from "./stream.ts";
import { websocket } from "./websocket.ts";

/** In the order in which they are asked: the log is read when all has been asked, and the crash may end everything. */
export const CONTRACT: readonly AnyRoute[] = [
  anyRoute(root),
  anyRoute(keptAlive),
  anyRoute(hold),
  anyRoute(bytes),
  anyRoute(stream),
  anyRoute(digest),
  anyRoute(digestInChunks),
  anyRoute(log),
  anyRoute(child),
  anyRoute(events),
  anyRoute(websocket),
  anyRoute(records),
  anyRoute(loading),
  anyRoute(crash),
];
