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
/** What a target file may tell of a control interface, under `control`. */
export const CONTROL_PARTS = ["endpoints", "pid", "reload", "stop", "verbs", "scoped"] as const;

/**
 * Those not declared follow from the rest of the target file: `processes` is what a target has that the suite starts, and whose processes it therefore sees, `contract` is what a target has whose application answers the
 * probe contract, `origin` one whose upstream the suite itself runs, `log-files` one whose file says where its log is, which it writes itself, `pidfile` one whose main process is named in a file, `control` one with a control interface, `bad-config` one whose file says how to make its configuration invalid, and
 * `control-...` what that is told to have.
 * `log-pipe` says that its log is what it writes to its standard error, for then the suite reads it; `log-relay` that somebody
 * stands between it and its log who can be held up: the suite, or the supervisor that the target is or brings along.
 */
export type Capability =
  | (typeof CAPABILITIES)[number]
  | "processes"
  | "contract"
  | "origin"
  | "log-files"
  | "log-pipe"
  | "log-relay"
  | "pidfile"
  | "control"
  | "bad-config"
  | `control-${(typeof CONTROL_PARTS)[number]}`;

/**
 * Other ways to start the same server, each for rules that an ordinary start can't decide: `short-limits` with drain, boot
 * and hang limits of a few seconds · `recycling` with workers that are replaced after some hundred requests · `unix-socket`
 * on a unix socket · `reuseport` with one SO_REUSEPORT listener per worker · `preload` with the application loaded in the master.
 */
export const VARIANTS = ["short-limits", "recycling", "unix-socket", "reuseport", "preload"] as const;
export type Variant = (typeof VARIANTS)[number];
