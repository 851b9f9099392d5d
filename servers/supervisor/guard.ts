import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";

/*
 * A shell that waits for the end of the pipe from this process. If that end comes without a good-bye, the supervisor
 * was killed: the guard ends the process groups that it had been told of. It lives in a session of its own, so that
 * what kills the supervisor's group does not reach it.
 */
const SCRIPT = `
groups=""
while read -r word group; do
  case $word in
    add) groups="$groups $group" ;;
    remove) kept=""; for each in $groups; do [ "$each" = "$group" ] || kept="$kept $each"; done; groups=$kept ;;
    bye) exit 0 ;;
  esac
done
for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null; done
tries=0
while [ $tries -lt 10 ]; do
  kept=""
  for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null && kept="$kept $group"; done
  [ -n "$kept" ] || exit 0
  groups=$kept
  tries=$((tries + 1))
  sleep 1
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
`;

/** Sees to it that the programs end also when the supervisor is killed: TERM at once, KILL ten seconds later. */
export class Guard implements AsyncDisposable {
  readonly #shell: ChildProcessByStdio<Writable, null, null>;
  readonly #ended: Promise<unknown>;

  constructor(onProblem: (message: string) => void) {
    this.#shell = spawn("/bin/sh", ["-c", SCRIPT], { stdio: ["pipe", "ignore", "ignore"], detached: true, cwd: "/" });
    const problem = (error: Error) =>
      onProblem(`programs are not guarded against the supervisor's own death: ${error}`);
    this.#shell.stdin.on("error", problem);
    this.#ended = once(this.#shell, "close").catch(problem);
  }

  add(pgid: number): void {
    this.#shell.stdin.write(`add ${pgid}\n`);
  }

  remove(pgid: number): void {
    this.#shell.stdin.write(`remove ${pgid}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#shell.stdin.end("bye\n");
    await this.#ended;
  }
}
