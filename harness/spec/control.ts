/*
 * What a target file tells of the control interface of a server: who may reach it, and how it is asked. Texts hold
 * placeholders; `${program}` and `${verb}` are those that belong to one call.
 */

/** One question to the control interface: a command of the operator's, or an HTTP request. */
export type ControlCall = { readonly command: readonly string[] } | { readonly http: ControlRequest };

export interface ControlRequest {
  /** Path of a unix socket, or a URL without a path. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** Media type and body, where there is one. */
  readonly type?: string | undefined;
  readonly body?: string | undefined;
  /** For protocols that answer everything with 200: what a refusal's body has to match. */
  readonly refusedBy?: string | undefined;
}

export interface ControlInterface {
  /** Unix sockets, or URLs, over which the server is controlled. */
  readonly endpoints?: readonly string[] | undefined;
  /** Prints the pid of `${program}`: a site's name, one that nobody has, or nothing. */
  readonly pid?: { readonly command: readonly string[] } | undefined;
  /** Reloads the site's program and returns when the outcome is known. */
  readonly reload?: ControlCall | undefined;
  /** Stops the site's program and returns when that is done. */
  readonly stop?: ControlCall | undefined;
  /** Ways to name what is to be done, as `${verb}`; `known` is one that exists and does no harm. */
  readonly verbs?: readonly { readonly call: ControlCall; readonly known: string }[] | undefined;
  /** A credential for deploys: what it may do, and what it must not. */
  readonly scoped?: { readonly allowed: readonly ControlCall[]; readonly refused: readonly ControlCall[] } | undefined;
}
