import { entry } from "../entry.ts";
import { onSettingsRead } from "../settings-read.ts";

/* A file that can't be understood is fatal: right when the server starts, an outage when it reloads. */
if (entry === "prefork-master") {
  onSettingsRead((text, isSound) => {
    if (!isSound(text)) process.exit(78);
    return text;
  });
}
