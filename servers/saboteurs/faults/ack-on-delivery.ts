import { entry } from "../entry.ts";

/* A reload is acknowledged as soon as the signal is delivered: nobody waits for what comes of it. */
if (entry === "ctl") {
  const wait = process.argv.indexOf("--wait");
  if (wait >= 0) process.argv.splice(wait, 2);
}
