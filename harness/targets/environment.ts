import { fillAll, type PlaceholderValues } from "./placeholders.ts";
import type { TargetDefinition } from "./target-definition.ts";

/** Of the suite, its test runner and npm: a server must not act differently because it is being tested. */
const NOT_INHERITED =
  /^(HUPSPEC_|VITEST|npm_|TEST$|NODE_OPTIONS$|NODE_ENV$|NODE_V8_COVERAGE$|NODE_CHANNEL_|NODE_UNIQUE_ID$)/;

/** The environment of a target's processes and commands. */
export function environmentOf(
  definition: Pick<TargetDefinition, "settings" | "sites">,
  env: Readonly<Record<string, string | undefined>>,
  values: PlaceholderValues,
): Record<string, string | undefined> {
  const inherited = Object.entries(env).filter(([name]) => !NOT_INHERITED.test(name));
  return { ...Object.fromEntries(inherited), ...ownEnvironment(definition, values) };
}

/** What the target gets besides the environment that it inherits. */
export function ownEnvironment(
  { settings, sites }: Pick<TargetDefinition, "settings" | "sites">,
  values: PlaceholderValues,
): Record<string, string> {
  const [only] = sites.length === 1 ? [...values.current.values()] : [];
  return {
    HUPSPEC_GATES: values.gates,
    // With several sites the target file has to say which is whose.
    ...(only !== undefined && { HUPSPEC_RELEASE: only }),
    ...fillAll(settings.env, values),
  };
}
