import type { IncomingMessage } from "node:http";
import type { RequestFacts } from "./framing.ts";
import type { ResponseHead } from "./upstream/response-head.ts";

/** For one hop only, RFC 9110 section 7.6.1; `proxy` because CGI programs take it for HTTP_PROXY. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "te", "transfer-encoding", "upgrade", "proxy"]);

/** Not allowed in trailers, RFC 9110 section 6.5.1: framing, routing, authentication. */
const NEVER_TRAILERS = new Set([
  "content-length",
  "host",
  "trailer",
  "authorization",
  "cookie",
  "set-cookie",
  "content-encoding",
]);

export interface Forwarding {
  readonly clientAddress: string;
  /** Token of the Upgrade field, if the request asks for a tunnel that the proxy grants. */
  readonly upgrade: string | undefined;
}

/** The head of the request as the upstream gets it, empty line included. */
export function requestHead(request: IncomingMessage, facts: RequestFacts, forwarding: Forwarding): string {
  const { rawHeaders } = request;
  const named = connectionOptions(rawHeaders);
  const forwarded = { for: "", via: "" };
  let trailers = false;
  let text = `${request.method} ${facts.target} HTTP/1.1\r\nHost: ${facts.authority}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    const lower = name.toLowerCase();
    if (lower === "te") trailers ||= /(?:^|,)[ \t]*trailers[ \t]*(?:,|$)/i.test(value);
    if (lower === "host" || lower === "content-length" || isHopByHop(lower) || named?.has(lower)) continue;
    if (lower === "x-forwarded-for") forwarded.for += `${value}, `;
    else if (isOursToSay(lower)) continue;
    else if (lower === "via") forwarded.via += `${value}, `;
    else if (lower !== "expect" || expectsContinue(request)) text += `${name}: ${value}\r\n`;
  }
  // Whatever Connection names, the framing is ours.
  if (facts.body === "chunked") text += "Transfer-Encoding: chunked\r\n";
  else if (request.headers["content-length"] !== undefined)
    text += `Content-Length: ${request.headers["content-length"]}\r\n`;
  text += `X-Forwarded-For: ${forwarded.for}${forwarding.clientAddress}\r\nX-Forwarded-Proto: http\r\n`;
  text += `X-Forwarded-Host: ${facts.authority}\r\nVia: ${forwarded.via}${request.httpVersion} hupspec\r\n`;
  if (forwarding.upgrade !== undefined) return `${text}Connection: Upgrade\r\nUpgrade: ${forwarding.upgrade}\r\n\r\n`;
  return trailers ? `${text}Connection: TE\r\nTE: trailers\r\n\r\n` : `${text}\r\n`;
}

const FORWARDED = new Set(["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"]);

/**
 * Applications trust these: a client's own words on them are dropped, those included that become the same name where dashes
 * turn into underscores, as in CGI and WSGI. (The list of addresses is added to instead, for proxies in front of this one.)
 */
function isOursToSay(lower: string): boolean {
  return FORWARDED.has(lower.replaceAll("_", "-"));
}

/** A client of HTTP/1.0 can't be told to continue. */
export function expectsContinue(request: IncomingMessage): boolean {
  return request.httpVersionMinor >= 1 && request.headers.expect?.toLowerCase() === "100-continue";
}

/** Names and values alternate; `chunked` says how the client will get the body. */
export function responseHeaders(head: ResponseHead, chunked: boolean): string[] {
  const { rawHeaders } = head;
  const named = connectionOptions(rawHeaders);
  const kept: string[] = [];
  let length = false;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const lower = name.toLowerCase();
    if (lower === "content-length") {
      // Equal ones were accepted: one is enough. RFC 9110 section 8.6 forbids it on 1xx and 204.
      if (length || head.status < 200 || head.status === 204) continue;
      length = true;
    } else if (isHopByHop(lower) || named?.has(lower) || (lower === "trailer" && !chunked)) {
      continue;
    }
    kept.push(name, rawHeaders[index + 1] ?? "");
  }
  return kept;
}

/** Pairs of those trailers that may be passed on. */
export function trailerPairs(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const lower = name.toLowerCase();
    if (!NEVER_TRAILERS.has(lower) && !isHopByHop(lower)) pairs.push([name, raw[index + 1] ?? ""]);
  }
  return pairs;
}

export function formatFields(raw: readonly string[]): string {
  let text = "";
  for (let index = 0; index < raw.length; index += 2) text += `${raw[index]}: ${raw[index + 1]}\r\n`;
  return text;
}

function isHopByHop(lower: string): boolean {
  return HOP_BY_HOP.has(lower) || lower.startsWith("proxy-");
}

/** Fields that Connection names, undefined where it says nothing of interest. */
function connectionOptions(rawHeaders: readonly string[]): Set<string> | undefined {
  let named: Set<string> | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (name.length !== 10 || name.toLowerCase() !== "connection") continue;
    const value = (rawHeaders[index + 1] ?? "").toLowerCase();
    if (value === "keep-alive" || value === "close") continue;
    named ??= new Set();
    for (const option of value.split(",")) named.add(option.trim());
  }
  return named;
}
