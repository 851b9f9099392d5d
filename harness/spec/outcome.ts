/**
 * What became of one intended request, seen from the client. Every intended request ends in exactly one class.
 *
 * `ok` needs a complete 2xx answer with the right id and the right bytes; any other complete answer is
 * `status-<code>`. A failure that depends on whether the connection had carried a request before says so.
 */
export type Outcome =
  | "ok"
  | `status-${number}`
  | "refused"
  | "connect-timeout"
  | "reset-before-answer-fresh"
  | "reset-before-answer-reused"
  | "closed-before-answer-fresh"
  | "closed-before-answer-reused"
  | "truncated"
  | "hung"
  | "wrong-answer"
  | "unsent";

export const TRANSPORT_OUTCOMES = [
  "ok",
  "refused",
  "connect-timeout",
  "reset-before-answer-fresh",
  "reset-before-answer-reused",
  "closed-before-answer-fresh",
  "closed-before-answer-reused",
  "truncated",
  "hung",
  "wrong-answer",
  "unsent",
] as const satisfies readonly Outcome[];

/** Number of requests by class; the values sum to the number of intended requests. */
export type OutcomeTally = Readonly<Partial<Record<Outcome, number>>>;

/** Joined with the application's log: what the server did with a request that was not answered properly. */
export type ServerFate = "never-reached" | "executed-answer-lost" | "executed-twice" | "unknown";
