import { describe, expect, it } from "vitest";
import { route } from "./routes.ts";

const allowed = (program: string) => program === "web" || program === "app";

function outcome(role: "admin" | "deploy", method: string, pathname: string): string {
  const routed = route(role, method, pathname, allowed);
  if (routed.kind === "refused") return String(routed.status);
  return "program" in routed.command ? `${routed.command.verb} ${routed.command.program}` : routed.command.verb;
}

describe("control routes", () => {
  it.each([
    ["GET", "/status", "status", "403"],
    ["GET", "/programs", "list", "list"],
    ["GET", "/programs/web", "show web", "403"],
    ["GET", "/programs/web/pid", "pid web", "pid web"],
    ["GET", "/programs/web/log", "log web", "403"],
    ["POST", "/programs/web/reload", "reload web", "reload web"],
    ["POST", "/programs/web/reopen", "reopen web", "403"],
    ["POST", "/programs/web/start", "start web", "403"],
    ["POST", "/programs/web/stop", "stop web", "403"],
    ["POST", "/programs/web/restart", "restart web", "403"],
    ["POST", "/programs/web/signal", "signal web", "403"],
    ["POST", "/programs/web/rotate", "rotate web", "403"],
    ["POST", "/rotate", "rotate-all", "403"],
    ["POST", "/reopen", "reopen-all", "403"],
    ["POST", "/reload", "reload-config", "403"],
    ["POST", "/shutdown", "shutdown", "403"],
  ])("%s %s is %s for the admin and %s for the deploy role", (method, pathname, admin, deploy) => {
    expect([outcome("admin", method, pathname), outcome("deploy", method, pathname)]).toEqual([admin, deploy]);
  });

  it.each([
    ["GET", "/", "404"],
    ["GET", "/programs/", "404"],
    ["GET", "/programs/*", "404"],
    ["GET", "/programs/*/pid", "404"],
    ["GET", "/programs/typo/pid", "404"],
    ["POST", "/programs/web/eval", "404"],
    ["POST", "/programs/web/pid/reload", "404"],
    ["POST", "/programs/../shutdown", "404"],
    ["POST", "/programs/web/__proto__", "404"],
    ["GET", "/constructor", "404"],
    ["POST", "/supervisor.shutdown", "404"],
    ["GET", "/shutdown", "405"],
    ["DELETE", "/programs/web", "405"],
    ["GET", "/programs/web/reload", "405"],
    ["HEAD", "/status", "405"],
  ])("%s %s can't be reached by anyone", (method, pathname, status) => {
    expect(outcome("admin", method, pathname)).toBe(status);
    expect(outcome("deploy", method, pathname)).toMatch(/^4/);
  });
});
