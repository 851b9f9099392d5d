/** What a target file says that only makes sense of a server that the suite starts itself. */
interface AttachedSettings {
  readonly probe: unknown;
  readonly app: string;
  readonly url?: string | undefined;
  readonly sites: readonly { readonly url: string; readonly direct?: string | undefined; readonly app?: unknown }[];
  readonly main: object;
  readonly control?: unknown;
  readonly badConfig?: unknown;
  readonly upstream?: unknown;
  readonly logs?: unknown;
  readonly variants: object;
  readonly actions: Readonly<Record<string, unknown>>;
}

interface Complaint {
  readonly path: PropertyKey[];
  readonly message: string;
}

const WITHOUT_START = "without start, which makes this a service that runs already,";

/** Why a target file without `start` can't be right: nothing in it may ask for processes or files of the service. */
export function whyNotAttached(target: AttachedSettings): Complaint[] {
  const { probe, app, url, sites, main, variants, actions } = target;
  const complaints: Complaint[] = [];
  const complain = (path: PropertyKey[], message: string): void => void complaints.push({ path, message });
  if (probe === "contract") {
    // Its gates are files that the application has to see.
    complain(
      ["probe"],
      `${WITHOUT_START} expected {path, status, generation: {header}}, for the contract is for servers started here`,
    );
  }
  if (app !== "none") complain(["app"], `${WITHOUT_START} expected no app`);
  for (const key of ["control", "badConfig", "upstream", "logs"] as const) {
    if (target[key] !== undefined) complain([key], `${WITHOUT_START} expected no ${key}`);
  }
  if (!("child" in main)) complain(["main"], `${WITHOUT_START} expected no main`);
  if (Object.keys(variants).length > 0) complain(["variants"], `${WITHOUT_START} expected no variants`);
  for (const [path, text] of [
    [["url"], url],
    ...sites.flatMap((site, index) => [
      [["sites", index, "url"], site.url] as const,
      [["sites", index, "direct"], site.direct] as const,
    ]),
  ] as const) {
    if (text?.includes("${port"))
      complain([...path], `${WITHOUT_START} expected the address where it listens, not a port of the suite's choice`);
  }
  for (const [name, action] of Object.entries(actions)) {
    for (const step of [action].flat()) {
      if (typeof step === "object" && step !== null && "signal" in step) {
        complain(
          ["actions", name],
          `${WITHOUT_START} expected {command: [...]}, {http: {method, url}} or {touch: PATH}, for a signal needs a process of the suite's`,
        );
      }
    }
  }
  return complaints;
}
