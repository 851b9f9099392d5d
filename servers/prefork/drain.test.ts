import { once } from "node:events";
import http, { type OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { ask } from "./booted-master.testing.ts";
import { DrainableServer } from "./drain.ts";

const FIELDS: Record<string, OutgoingHttpHeaders | string[]> = {
  "an object": { Connection: "keep-alive", "x-own": "kept" },
  "a list": ["Connection", "keep-alive", "x-own", "kept"],
};

test.each(Object.entries(FIELDS))(
  "the last answer says so, whatever the application says of the connection: %s",
  async (_, fields) => {
    const entered = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const server = http.createServer((_request, response) => {
      entered.resolve();
      void gate.promise.then(() => response.writeHead(200, fields).end("ok"));
    });
    const drainable = new DrainableServer(server, () => undefined);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    using agent = Object.assign(new http.Agent({ keepAlive: true }), { [Symbol.dispose]: () => agent.destroy() });
    const answer = ask({ port: (server.address() as AddressInfo).port, agent });
    await entered.promise;
    const drained = drainable.drain(10_000, () => undefined);
    gate.resolve();
    expect(await answer).toMatchObject({ body: "ok", headers: { connection: "close", "x-own": "kept" } });
    expect(await drained).toBeUndefined();
  },
);
