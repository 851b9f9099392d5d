import type { History } from "../../spec/history.ts";
import type { FileLook, Tampering } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import { decide, inconclusive, type Fault } from "../finding.ts";
import { describe, streamsOf } from "../log-reading.ts";
import { notDone, readingNamed, tampering } from "./log-files.ts";
import { observationsOf } from "../observations.ts";

const NARROWED = 0o600;
const GROUP_AND_OTHERS = 0o077;
/** A record carries the time of its making; until it is in the file, pipes and buffers are in between. */
const RECORD_DELAY_MS = 100;

// Rotation follows no link that was planted under the name of a backup, and widens no file's mode.
function noSymlinkFollow(history: History): Finding {
  const planted = tampering(history, "planted", "links-planted");
  if (planted?.error !== undefined || !planted) return notDone("beset with links", planted);
  const narrowed = tampering(history, "narrowed");
  if (narrowed?.error !== undefined || !narrowed) return notDone("made private", narrowed);
  const [reading] = readingNamed(history, "planted");
  if (!reading) return inconclusive("no records were written after the links were planted");
  const { snapshot, burst } = reading;
  const sinceWallMs = history.startedWallMs + burst.startedMs - RECORD_DELAY_MS;
  const rotations = [...streamsOf(snapshot).values()]
    .flatMap((files) => files.filter(({ bytes }) => bytes > 0).slice(1))
    .filter(({ firstWallMs = Number.NaN }) => firstWallMs >= sinceWallMs).length;
  const victims = victimFaults(history);
  const leaks = snapshot.damage
    .filter(({ excerpt }) => excerpt.includes(VICTIM_TEXT))
    .map((damage): Fault => {
      const text = `the log holds what a planted link led to: ${describe(damage)}`;
      return { count: 1, evidence: { kind: "file", atMs: snapshot.atMs, text } };
    });
  const looks = observationsOf(history, "file", "end").filter(({ facts }) => facts?.type === "file");
  const widened = looks.filter(({ facts }) => facts && (facts.mode & GROUP_AND_OTHERS) !== 0).map(widenedFault);
  const faults = [...victims, ...leaks, ...widened];
  if (faults.length === 0 && rotations === 0)
    return inconclusive("the log was not rotated after the links were planted");
  if (faults.length === 0 && looks.length < 2) return inconclusive("no backup was there to be looked at");
  const count = (what: Tampering["what"]): number =>
    ["guessed", "planted"].reduce((sum, name) => sum + (tampering(history, name, what)?.files.length ?? 0), 0);
  const links = count("links-planted");
  return decide({
    trials: links + looks.length,
    faults,
    expected: "what the links led to stays as it was, and no file of the log is open to more than its owner",
    observed:
      `${links} links planted, ${count("links-removed")} still there after ${rotations} rotations; ${victims.length} files outside changed, ` +
      `${leaks.length} copied into the log; ${widened.length} of ${looks.length} log files with a wider mode`,
  });
}

/** How the text of every file begins that a link is made to lead to. */
const VICTIM_TEXT = "victim of ";

function victimFaults(history: History): Fault[] {
  const looks = (when: "before" | "after") =>
    ["guessed", "planted"].flatMap((name) => observationsOf(history, "file", `${name}-victim-${when}`));
  const after = new Map(looks("after").map((look) => [look.path, look]));
  return looks("before").flatMap((before): Fault[] => {
    const look = after.get(before.path);
    const changes = differences(before, look);
    if (!look || changes.length === 0) return [];
    const text = `${before.facts?.text ?? before.path}, outside the log: ${changes.join(", ")}`;
    return [{ count: 1, evidence: { kind: "file", atMs: look.atMs, text } }];
  });
}

function differences({ facts: before }: FileLook, look: FileLook | undefined): string[] {
  const after = look?.facts;
  if (!before || !look) return [];
  if (!after) return ["it is gone"];
  const changes: string[] = [];
  if (after.mode !== before.mode) changes.push(`mode ${octal(before.mode)} became ${octal(after.mode)}`);
  if (after.uid !== before.uid || after.gid !== before.gid) changes.push("it has another owner");
  if (after.inode !== before.inode) changes.push("it is another file");
  if (after.bytes !== before.bytes) changes.push(`${before.bytes} bytes became ${after.bytes}`);
  else if (after.text !== before.text) changes.push(`its content became ${JSON.stringify(after.text)}`);
  return changes;
}

function widenedFault({ path, atMs, facts }: FileLook): Fault {
  const text = `${path} has mode ${octal(facts?.mode ?? 0)}; every file of the log had been set to ${octal(NARROWED)}`;
  return { count: 1, evidence: { kind: "file", atMs, text } };
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

export const plantedLinks = { "rotation/no-symlink-follow": noSymlinkFollow } as const;
