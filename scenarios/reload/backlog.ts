import type { Scenario } from "../../harness/spec/scenario.ts";
import { reloadWithQueue } from "./stopped-workers.ts";

/** Nobody accepts while the application is reloaded: whatever waited in the listen queue has to be answered. */
export const backlog: Scenario = {
  id: "reload/backlog",
  title: "Connections in the listen queue while the application is reloaded",
  decides: ["availability/backlog-survives"],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  capabilities: ["contract"],
  workers: 2,
  sites: "one",
  drive: reloadWithQueue,
};
