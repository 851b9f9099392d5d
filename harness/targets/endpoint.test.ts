import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { askStatus, describeEndpoint, endpointOf, isListening } from "./endpoint.ts";

test("a URL names host, port and Host field", () => {
  expect(endpointOf("http://127.0.0.1:8080")).toEqual({ host: "127.0.0.1", port: 8080, hostHeader: "127.0.0.1:8080" });
  expect(endpointOf("http://[::1]:8080", "one.localhost")).toEqual({
    host: "::1",
    port: 8080,
    hostHeader: "one.localhost",
  });
  expect(describeEndpoint(endpointOf("http://127.0.0.1:8080"))).toBe("127.0.0.1:8080");
});

test("a unix socket is asked like any other, with a Host field of its own", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "hupspec-endpoint-"));
  const socketPath = path.join(folder, "app.sock");
  const endpoint = endpointOf(`unix:${socketPath}`);
  expect(endpoint).toEqual({ socketPath, hostHeader: "localhost" });
  expect(await isListening(endpoint, 1_000)).toBe(false);
  const server = createServer((request, response) => response.end(request.headers.host));
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const signal = AbortSignal.timeout(5_000);
  expect(await isListening(endpoint, 1_000)).toBe(true);
  expect(await askStatus(endpoint, { path: "/", withinMs: 1_000, signal })).toEqual({ status: 200, body: "localhost" });
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});
