import type { IncomingMessage } from "node:http";

/** Where a request wants to go and how its body is framed, read so that nobody behind can read it in another way. */
export interface RequestFacts {
  /** The Host as sent, or the authority of an absolute target. */
  readonly authority: string;
  /** The same in lower case without its port. */
  readonly host: string;
  /** Path and query, or `*`. */
  readonly target: string;
  readonly body: "none" | "length" | "chunked";
}

export interface Refusal {
  readonly status: 400 | 505;
  readonly reason: string;
}

/**
 * Node's parser already refuses Content-Length beside Transfer-Encoding, differing lengths, white space before the colon,
 * folded lines, bare CR or LF and bad chunks. What it lets through is refused here: RFC 9112 sections 2.3, 3.2, 6.1, 6.3.
 */
export function readRequest(request: IncomingMessage): RequestFacts | Refusal {
  const { httpVersionMajor: major, httpVersionMinor: minor, rawHeaders } = request;
  if (major !== 1) return { status: 505, reason: "expected HTTP/1.0 or HTTP/1.1" };
  let hosts = 0;
  let authority = "";
  let lengths = 0;
  let codings = 0;
  let body: RequestFacts["body"] = "none";
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    // Most names have other lengths: spares the lower-casing of each.
    if (name.length !== 4 && name.length !== 14 && name.length !== 17) continue;
    const value = rawHeaders[index + 1] ?? "";
    switch (name.toLowerCase()) {
      case "host":
        hosts++;
        authority = value;
        break;
      case "content-length":
        lengths++;
        if (!/^\d{1,15}$/.test(value)) return refuse("expected a Content-Length in decimal digits");
        if (Number(value) > 0) body = "length";
        break;
      case "transfer-encoding":
        codings++;
        if (value.toLowerCase() !== "chunked") return refuse("expected no Transfer-Encoding but chunked");
        body = "chunked";
        break;
      default:
    }
  }
  if (hosts > 1) return refuse("expected one Host");
  if (hosts === 0 && minor >= 1) return refuse("expected a Host");
  if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0)) return refuse("expected one way of framing");
  if (codings > 0 && minor === 0) return refuse("expected no Transfer-Encoding on HTTP/1.0");
  return readTarget(request, authority, body);
}

function readTarget(request: IncomingMessage, hostField: string, body: RequestFacts["body"]): RequestFacts | Refusal {
  const url = request.url ?? "";
  let target = url;
  let authority = hostField;
  if (!url.startsWith("/") && !(url === "*" && request.method === "OPTIONS")) {
    // Section 3.2.2: the authority of an absolute target overrides the Host.
    const absolute = /^https?:\/\/([^/?#@]+)([/?][^#]*)?$/i.exec(url);
    if (!absolute) return refuse("expected a path or an absolute URL as target");
    authority = absolute[1] ?? "";
    const rest = absolute[2] ?? "/";
    target = rest.startsWith("/") ? rest : `/${rest}`;
  }
  if (target.includes("#")) return refuse("expected a target without fragment");
  const host = hostName(authority);
  return host === undefined ? refuse("expected a valid Host") : { authority, host, target, body };
}

/** Undefined if it is no `uri-host [":" port]`; empty is allowed, RFC 9112 section 3.2. */
function hostName(authority: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._~!$&'()*+,;=%-]*)(?::\d{0,5})?$/i.exec(authority);
  return match?.[1]?.toLowerCase();
}

function refuse(reason: string): Refusal {
  return { status: 400, reason };
}
