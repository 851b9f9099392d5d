import type { CommandIo } from "./io.ts";

/** Outputs that keep what was written, for the tests of commands. */
export function testIo(part: Partial<Pick<CommandIo, "cwd" | "env" | "isTTY">> = {}) {
  const written = { stdout: "", stderr: "" };
  const io: CommandIo = {
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    isTTY: false,
    env: {},
    cwd: "/",
    ...part,
  };
  return { io, written };
}
