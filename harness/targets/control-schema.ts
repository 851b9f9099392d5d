import { z } from "zod";

const text = z.string().min(1, "expected some text");
const command = z.array(z.string()).min(1, "expected a command as a list of arguments, its name first");

const call = z.union([
  z.strictObject({ command }),
  z.strictObject({
    http: z.strictObject({
      /** Path of a unix socket, or a URL without a path. */
      at: text,
      method: z.string().default("POST"),
      path: z.string().startsWith("/", "expected a path such as /"),
      type: text.optional(),
      body: z.string().optional(),
      /** For protocols that answer everything with 200: a regular expression that a refusal's body matches. */
      refusedBy: text.optional(),
    }),
  }),
]);

/** The control interface of a supervisor, as far as it has one; each part is what some rules need. */
export const controlSchema = z.strictObject({
  /** Unix sockets, or URLs, over which the server is controlled: for its owner only. */
  endpoints: z.array(text).min(1).optional(),
  /** Prints the pid of `${program}` and nothing else. */
  pid: z.strictObject({ command }).optional(),
  /** Reloads the site's program and returns when the outcome is known. */
  reload: call.optional(),
  /** Stops the site's program and returns when that is done. */
  stop: call.optional(),
  /** Ways to name what is to be done, as `${verb}`; `known` is a verb that exists and does no harm. */
  verbs: z
    .array(z.strictObject({ call, known: text }))
    .min(1)
    .optional(),
  /** A credential for deploys: calls that it may make, and calls that it must not be able to make. */
  scoped: z.strictObject({ allowed: z.array(call).min(1), refused: z.array(call).min(1) }).optional(),
});
