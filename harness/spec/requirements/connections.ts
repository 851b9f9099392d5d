import type { Requirement } from "../requirement.ts";

export const connections = [
  {
    id: "connections/in-flight-completes",
    level: "MUST",
    sentence: "An answer in flight when the reload comes is completed to the byte.",
    why: "The slow request is the expensive one: an upload, a report, a payment. It has to outlive the worker's replacement.",
    evidence: ["Unitech/pm2#3407", "benoitc/gunicorn#2529"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "connections/close-announced",
    level: "SHOULD",
    sentence: "A kept-alive connection in use is closed only after an answer that says `Connection: close`.",
    why: "A client that was not told sends its next request into a connection that is being closed, and cannot know whether the request was executed (RFC 9112, section 9.6).",
    evidence: ["nginx/nginx#437", "nginx/nginx#456", "nodejs/node#60617", "benoitc/gunicorn#1236"],
    roles: [],
    capabilities: ["keepalive"],
  },
] as const satisfies readonly Requirement[];
