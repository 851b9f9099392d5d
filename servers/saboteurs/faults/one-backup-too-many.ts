import { entry } from "../entry.ts";

/* The limit on backups is off by one: it is looked at before the file that is put away is counted. */
if (entry === "supervisor") {
  const { Backups } = await import("../../supervisor/logs/backups.ts");
  const open = Backups.open.bind(Backups);
  Backups.open = (files, live, settings, onProblem) =>
    open(files, live, { ...settings, count: settings.count + 1 }, onProblem);
}
