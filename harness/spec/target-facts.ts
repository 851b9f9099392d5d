export const ROLES = ["app-server", "proxy", "supervisor", "stack"] as const;
export type Role = (typeof ROLES)[number];

/** What a target file may say how to do. */
export const ACTION_NAMES = [
  "reload",
  "reopen",
  "stop",
  "quit",
  "upgrade",
  "rotate",
  "addWorker",
  "removeWorker",
] as const;
export type ActionName = (typeof ACTION_NAMES)[number];

export const CAPABILITIES = [
  "keepalive",
  "pipelining",
  "streaming",
  "upload",
  "subprocess",
  "sse",
  "websocket",
  "rotation",
  "compression",
] as const;
/** `contract` is not declared: it is what a target has whose application answers the probe contract. */
export type Capability = (typeof CAPABILITIES)[number] | "contract";
