import type { OriginRequest } from "../../spec/observation.ts";

/**
 * What in a request that a proxy passed on could be read in more than one way; undefined if nothing. Laxer servers than the one
 * behind this proxy exist, and they need not read it as the proxy did. RFC 9112, sections 2.2, 3, 5, 6 and 7.
 */
export function ambiguityOf({ head, body }: Pick<OriginRequest, "head" | "body">): string | undefined {
  if (/\r(?!\n)|(?<!\r)\n|\0/.test(head)) return "a bare CR or LF, or a NUL, in its head";
  const [start = "", ...lines] = head.split("\r\n");
  const [, target, minor] = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ ([\x21-\x7e\x80-\xff]+) HTTP\/1\.([01])$/.exec(start) ?? [];
  if (target === undefined) return `the start line ${JSON.stringify(start)}`;
  const fields: (readonly [string, string])[] = [];
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return `the line ${JSON.stringify(line.slice(0, 80))}`;
    fields.push([name.toLowerCase(), value]);
  }
  const valuesOf = (name: string): readonly string[] =>
    fields.flatMap((field) => (field[0] === name ? [field[1]] : []));
  return hostAmbiguity(valuesOf("host"), target, minor) ?? framingAmbiguity(valuesOf, minor, body);
}

function hostAmbiguity(hosts: readonly string[], target: string, minor: string | undefined): string | undefined {
  const [host] = hosts;
  if (hosts.length > 1) return `${hosts.length} Host fields: ${hosts.join(", ")}`;
  if (host === undefined) return minor === "1" ? "no Host field" : undefined;
  if (!/^(\[[0-9a-f:.]+\]|[a-z0-9._~!$&'()*+,;=%-]*)(:\d*)?$/i.test(host)) return `the Host ${JSON.stringify(host)}`;
  const authority = /^https?:\/\/([^/?#]*)/i.exec(target)?.[1];
  if (authority !== undefined && authority.toLowerCase() !== host.toLowerCase()) {
    return `the target names ${authority}, the Host field ${host}`;
  }
  return undefined;
}

function framingAmbiguity(
  valuesOf: (name: string) => readonly string[],
  minor: string | undefined,
  body: string,
): string | undefined {
  const lengths = valuesOf("content-length");
  const codings = valuesOf("transfer-encoding");
  if (lengths.length > 0 && codings.length > 0) return "a Content-Length beside a Transfer-Encoding";
  if (lengths.length > 1 || lengths.some((length) => !/^\d+$/.test(length))) {
    return `the Content-Length ${JSON.stringify(lengths.join("; "))}`;
  }
  if (codings.length === 0) return undefined;
  if (codings.length > 1 || codings[0]?.toLowerCase() !== "chunked" || minor !== "1") {
    return `the Transfer-Encoding ${JSON.stringify(codings.join("; "))}`;
  }
  return chunkAmbiguity(body);
}

/** Of as much of a chunked body as was kept. */
function chunkAmbiguity(body: string): string | undefined {
  let rest = body;
  while (rest !== "") {
    const line = /^([^\r\n]*)\r\n/.exec(rest);
    // The remainder of what came, or was kept, may end anywhere.
    if (!line) return /^[0-9a-f]{0,15}(?:[ \t]*;[^\r\n]*)?\r?$/i.test(rest) ? undefined : chunkText(rest);
    if (!/^[0-9a-f]{1,15}(?:[ \t]*;.*)?$/i.test(line[1] ?? "")) return chunkText(line[1] ?? "");
    const size = Number.parseInt(line[1] ?? "", 16);
    rest = rest.slice(line[0].length);
    // Trailers follow.
    if (size === 0) return undefined;
    const end = rest.slice(size, size + 2);
    if (!"\r\n".startsWith(end)) return `a chunk of ${size} bytes that does not end there`;
    rest = rest.slice(size + 2);
  }
  return undefined;
}

function chunkText(line: string): string {
  return `the chunk size ${JSON.stringify(line.slice(0, 40))}`;
}
