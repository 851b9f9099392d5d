import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { listenQueueOf, readListenQueue } from "./listen-queue.ts";

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:0000000C 00:00000000 00000000     0        0 11 1 0000 100 0 0 10 0
   1: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 12 1 0000 100 0 0 10 0
   2: 0100007F:1F90 0100007F:D431 01 00000000:00000044 00:00000000 00000000     0        0 13 1 0000 100 0 0 10 0
   3: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 14 1 0000 100 0 0 10 0
`;

test("adds up what waits at all sockets that listen on the port, and nothing else", () => {
  expect(readListenQueue(TABLE, 8080)).toEqual({ waiting: 15, sockets: 2 });
  expect(readListenQueue(TABLE, 8081)).toEqual({ waiting: 0, sockets: 1 });
  expect(readListenQueue(TABLE, 8082)).toBeUndefined();
});

test("finds a socket of this machine", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  expect(listenQueueOf((server.address() as AddressInfo).port)).toEqual({ waiting: 0, sockets: 1 });
  server.close();
});
