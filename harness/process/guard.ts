import { once } from "node:events";
import { LIMITS } from "../spec/limits.ts";
import { startProcess } from "./managed-process.ts";
import { MARKER } from "./process-group.ts";

/** Disposing calls the guard off: nothing is killed or removed by it any more. */
export interface Guard extends AsyncDisposable {
  readonly pid: number;
}

export interface GuardPlan {
  readonly runId: string;
  /** Removed with all that is in it. */
  readonly workspace: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Ends a run whose harness was itself killed, KILL included: a shell that holds the far end of a pipe. The kernel
 * closes the near end with the harness, whatever ended it; the shell then ends all that carries the run's marker or
 * stands in its workspace (see process-table.ts), and removes the workspace.
 *
 * @throws {ProcessError} if there is no shell.
 */
export async function startGuard({ runId, workspace, env }: GuardPlan): Promise<Guard> {
  const guard = await startProcess({
    command: "/bin/sh",
    args: ["-c", SCRIPT, "hupspec-guard", runId, workspace],
    cwd: "/",
    // Without the marker, or the guard would find itself.
    env: { ...env, [MARKER]: undefined },
    stdin: "pipe",
    stdout: "captured",
    stderr: "captured",
  });
  const { stdin } = guard;
  // EPIPE, should somebody have killed the guard: there is nobody left to be called off.
  stdin?.on("error", () => undefined);
  return {
    pid: guard.pid,
    async [Symbol.asyncDispose]() {
      if (guard.exit !== undefined) return;
      stdin?.end("off\n");
      const bound = AbortSignal.timeout(LIMITS.killMs);
      await Promise.race([guard.exited, once(bound, "abort")]);
      await guard.end({ reason: "called off" });
    },
  };
}

/**
 * Defines `marked`, which lists by number what carries the marker `$1` or stands in the folder `$home`. Of an empty `$home`, that
 * of a folder which is not there, nobody stands in it.
 */
export const MARKED = `
marked() {
  grep -slzxF "${MARKER}=$1" /proc/[0-9]*/environ | cut -d/ -f3
  [ -n "$home" ] || return 0
  for process in /proc/[0-9]*; do
    # Field 7 of its stat, after the name: 0 without a terminal.
    case $(readlink "$process/cwd") in
      "$home" | "$home"/*) sed -n 's/.*) . [0-9]* [0-9]* [0-9]* 0 .*/'"$(basename "$process")/p" "$process/stat" ;;
    esac
  done 2>/dev/null
}
`;

/*
 * INT and HUP go to a terminal's foreground group and the guard has a session of its own; they are ignored all the
 * same, and TERM with them, because whoever ends "everything" must not end this one first. `read` fails at end of file.
 * Found again on every round: a process may fork while it is being killed.
 */
const SCRIPT = `
trap '' INT HUP TERM QUIT PIPE
# While it is there for certain.
home=$(readlink -f "$2")
if read -r word && [ "$word" = off ]; then exit 0; fi
${MARKED}
for pid in $(marked "$1"); do kill -TERM "$pid" 2>/dev/null; kill -CONT "$pid" 2>/dev/null; done
round=0
while [ "$round" -lt 10 ] && [ -n "$(marked "$1")" ]; do sleep 0.1; round=$((round + 1)); done
round=0
while [ "$round" -lt 30 ]; do
  pids=$(marked "$1")
  [ -z "$pids" ] && break
  kill -KILL $pids 2>/dev/null
  sleep 0.1
  round=$((round + 1))
done
rm -rf -- "$2"
`;
