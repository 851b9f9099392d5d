import path from "node:path";
import { ConfigFileError, readYamlFile } from "../../config/positioned-yaml.ts";
import { stackSchema, type StackFile } from "./schema.ts";

/**
 * Reads and validates the stack file. Relative `runDir` and `logDir` become absolute, seen from the file's folder;
 * sockets are relative to `runDir`, apps to the file's folder.
 *
 * @throws {ConfigFileError} naming file, line, column, key and what was expected.
 */
export async function loadStackFile(file: string, env: NodeJS.ProcessEnv): Promise<StackFile> {
  const stack = await readYamlFile(file, stackSchema, (text) => interpolate(text, file, env));
  const folder = path.dirname(path.resolve(file));
  const runDir = path.resolve(folder, stack.runDir);
  const { deploy } = stack.control;
  return {
    ...stack,
    runDir,
    logDir: path.resolve(folder, stack.logDir),
    programs: Object.fromEntries(
      Object.entries(stack.programs).map(([name, program]) => [
        name,
        program.prefork
          ? { ...program, prefork: { ...program.prefork, app: path.resolve(folder, program.prefork.app) } }
          : program,
      ]),
    ),
    control: {
      socket: path.resolve(runDir, stack.control.socket),
      ...(deploy && { deploy: { ...deploy, socket: path.resolve(runDir, deploy.socket) } }),
    },
  };
}

/** Fills in `${NAME}` and `${NAME:-default}`; comments are left alone. */
function interpolate(text: string, file: string, env: NodeJS.ProcessEnv): string {
  return text
    .split("\n")
    .map((line, index) =>
      /^\s*#/.test(line)
        ? line
        : line.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g, (whole, name: string, fallback?: string) => {
            const value = env[name] ?? fallback;
            if (value !== undefined) return value;
            const column = line.indexOf(whole) + 1;
            const message = `expected the environment variable ${name} to be set, or a default as in \${${name}:-value}`;
            throw new ConfigFileError([{ file, line: index + 1, column, key: "", message }]);
          }),
    )
    .join("\n");
}
