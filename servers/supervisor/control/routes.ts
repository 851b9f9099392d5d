/** Who asks: told by the socket that the request came in by. */
export type Role = "admin" | "deploy";

/** All that can be asked. `follow` and the like come as query parameters. */
export type Command =
  | { readonly verb: "status" | "list" | "rotate-all" | "reopen-all" | "reload-config" | "shutdown" }
  | { readonly verb: ProgramVerb; readonly program: string };

const PROGRAM_VERBS = [
  "show",
  "pid",
  "log",
  "reload",
  "reopen",
  "start",
  "stop",
  "restart",
  "signal",
  "rotate",
] as const;
export type ProgramVerb = (typeof PROGRAM_VERBS)[number];

interface Route {
  readonly method: "GET" | "POST";
  readonly verb: Command["verb"];
  /** The deploy role may use it, for the programs that it is given. */
  readonly deploy?: true;
}

/** The documented verbs; nothing else can be reached. `*` is the name of a program. */
const ROUTES: Readonly<Record<string, readonly Route[]>> = {
  "/status": [{ method: "GET", verb: "status" }],
  "/programs": [{ method: "GET", verb: "list", deploy: true }],
  "/programs/*": [{ method: "GET", verb: "show" }],
  "/programs/*/pid": [{ method: "GET", verb: "pid", deploy: true }],
  "/programs/*/log": [{ method: "GET", verb: "log" }],
  "/programs/*/reload": [{ method: "POST", verb: "reload", deploy: true }],
  "/programs/*/reopen": [{ method: "POST", verb: "reopen" }],
  "/programs/*/start": [{ method: "POST", verb: "start" }],
  "/programs/*/stop": [{ method: "POST", verb: "stop" }],
  "/programs/*/restart": [{ method: "POST", verb: "restart" }],
  "/programs/*/signal": [{ method: "POST", verb: "signal" }],
  "/programs/*/rotate": [{ method: "POST", verb: "rotate" }],
  "/rotate": [{ method: "POST", verb: "rotate-all" }],
  "/reopen": [{ method: "POST", verb: "reopen-all" }],
  "/reload": [{ method: "POST", verb: "reload-config" }],
  "/shutdown": [{ method: "POST", verb: "shutdown" }],
};

export type Routed =
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "refused"; readonly status: 403 | 404 | 405; readonly reason: string };

/** What a request asks for, if its role may ask that. `allowed` tells which programs the role may see. */
export function route(role: Role, method: string, pathname: string, allowed: (program: string) => boolean): Routed {
  const match = /^\/programs\/([a-z0-9][a-z0-9-]*)(\/[a-z]+)?$/.exec(pathname);
  const program = match?.[1];
  const pattern = match ? `/programs/*${match[2] ?? ""}` : pathname;
  const routes = Object.hasOwn(ROUTES, pattern) && !pathname.includes("*") ? ROUTES[pattern] : undefined;
  if (!routes) return { kind: "refused", status: 404, reason: `no such resource: ${pathname}` };
  const found = routes.find((each) => each.method === method);
  if (!found) {
    const methods = routes.map((each) => each.method).join(", ");
    return { kind: "refused", status: 405, reason: `${pathname} takes ${methods} only` };
  }
  if (role === "deploy" && !found.deploy) {
    return { kind: "refused", status: 403, reason: `the deploy role may not ask for ${method} ${pathname}` };
  }
  if (program !== undefined && !allowed(program)) {
    return { kind: "refused", status: 404, reason: `no such program: ${program}` };
  }
  return {
    kind: "command",
    command: program === undefined ? { verb: found.verb } : { verb: found.verb, program },
  } as Routed;
}
