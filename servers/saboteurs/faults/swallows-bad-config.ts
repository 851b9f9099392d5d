import { entry } from "../entry.ts";
import { onSettingsRead } from "../settings-read.ts";

/* A file that can't be understood is taken for the last one that could, and nobody is told: the reload goes well. */
if (entry === "prefork-master") {
  let lastSound = "";
  onSettingsRead((text, isSound) => {
    if (isSound(text)) lastSound = text;
    return lastSound;
  });
}
