/** A group of rules: the part of an id before the slash, and what it speaks of. */
export interface RequirementGroup {
  readonly id: string;
  readonly title: string;
  /** What the rules of the group have in common, in two or three sentences. */
  readonly intro: string;
}

/** In the order in which the specification is read. */
export const GROUPS = [
  {
    id: "availability",
    title: "Availability",
    intro:
      "A reload is not an event for those who use the service: whoever asks is answered, before, during and after it. These rules speak of connections that are opened anew and of the time that an answer takes.",
  },
  {
    id: "generation",
    title: "Generation",
    intro:
      "The purpose of a reload is that other code, or other settings, are in force afterwards. These rules say when that has to be the case, and for whom.",
  },
  {
    id: "lifecycle",
    title: "Lifecycle",
    intro:
      "Signals come at any time: to a server that still boots, that reloads already, that drains, twenty at a time, to the whole process group. These rules say what becomes of processes and of work in flight.",
  },
  {
    id: "connections",
    title: "Connections",
    intro:
      "What was opened before the reload goes on: an answer in flight, an upload, a stream, a connection that is merely kept alive. These rules say how it may end, and how the client is told.",
  },
  {
    id: "failure",
    title: "Failure",
    intro:
      "Releases are broken, configurations invalid, workers die or hang. These rules keep the damage to what cannot be saved, and demand that the next good reload works as if nothing had been.",
  },
  {
    id: "resources",
    title: "Resources",
    intro:
      "What one reload leaves behind is multiplied by a year of deploys. These rules speak of descriptors, memory, processes and listeners.",
  },
  {
    id: "logging",
    title: "Logging",
    intro:
      "A log is evidence only if each record is there once and whole. These rules speak of records on their way from the process that writes them to the file, whatever happens to either end.",
  },
  {
    id: "rotation",
    title: "Rotation",
    intro:
      "Files are renamed, compressed, removed and filled while they are written. These rules say what must not be lost by it, and what must not be opened by it.",
  },
  {
    id: "control",
    title: "Control",
    intro:
      "A reload is asked for by somebody, usually a script. These rules speak of who may ask, of what the answer means, and of pids and pid files that can be relied on.",
  },
  {
    id: "proxy",
    title: "Proxy",
    intro:
      "A proxy stands between clients that know nothing of reloads and servers that are reloaded. These rules speak of what it hides, what it must not hide, and what it must never pass on.",
  },
] as const satisfies readonly RequirementGroup[];

/** The group of a rule's id. */
export function groupOf(id: string): string {
  return id.split("/")[0] ?? id;
}
