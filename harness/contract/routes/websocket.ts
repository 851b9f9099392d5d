import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";
import { waitUntil } from "../../process/wait-until.ts";
import { LIMITS } from "../../spec/limits.ts";
import { addressOf } from "../../targets/endpoint.ts";
import type { Asker } from "../asker.ts";
import { differs, judgeHeaders, shown } from "../judge-answers.ts";
import type { ContractRoute } from "../route.ts";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MESSAGE = Buffer.from("hé漢");

export interface Talk {
  readonly id: string;
  readonly key: string;
  /** All that came, the head of the answer first. */
  readonly received: Buffer;
}

/** A WebSocket that says again what it hears (RFC 6455). */
export const websocket: ContractRoute<Talk> = {
  title: "GET /ws",
  capability: "websocket",
  ask: talk,
  judge({ id, key, received }, facts) {
    const end = received.indexOf("\r\n\r\n");
    const [status = "", ...lines] = received.toString("latin1", 0, Math.max(end, 0)).split("\r\n");
    if (!/^HTTP\/1\.1 101\b/.test(status)) {
      return [{ expected: "GET /ws: HTTP/1.1 101", got: received.length > 0 ? shown(received) : "nothing" }];
    }
    const headers = new Map(
      lines.map((line) => [line.replace(/:.*/, "").toLowerCase(), line.replace(/^[^:]*:\s*/, "")]),
    );
    const accept = createHash("sha1").update(`${key}${GUID}`).digest("base64");
    const echo = received.subarray(end + 4);
    const right = Buffer.concat([Buffer.from([0x81, MESSAGE.length]), MESSAGE]);
    return [
      ...judgeHeaders({ headers }, { id }, facts),
      ...differs("Sec-WebSocket-Accept", accept, headers.get("sec-websocket-accept")),
      ...(echo.subarray(0, right.length).equals(right)
        ? []
        : [{ expected: `the frame ${right.toString("hex")}`, got: echo.toString("hex") || "nothing" }]),
    ];
  },
};

/** The handshake, then one message, and what came back until then. */
async function talk(asker: Asker): Promise<Talk> {
  const { endpoint, signal } = asker;
  const id = asker.nextId();
  const key = randomBytes(16).toString("base64");
  const socket = connect({ ...addressOf(endpoint), noDelay: true });
  let received = Buffer.alloc(0);
  let ended = false;
  socket.on("data", (bytes: Buffer) => (received = Buffer.concat([received, bytes])));
  socket.on("error", () => (ended = true));
  socket.on("close", () => (ended = true));
  const until = (isSo: () => boolean): Promise<boolean> => waitUntil(() => ended || isSo(), LIMITS.askMs, signal);
  try {
    const fields = [
      `Host: ${endpoint.hostHeader}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${key}`,
      `x-hupspec-id: ${id}`,
    ];
    socket.write(`GET /ws HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`);
    const headEnd = (): number => received.indexOf("\r\n\r\n");
    await until(() => headEnd() !== -1);
    if (headEnd() === -1) return { id, key, received };
    socket.write(maskedText(MESSAGE));
    await until(() => received.length >= headEnd() + 4 + 2 + MESSAGE.length);
    return { id, key, received };
  } finally {
    socket.destroy();
  }
}

/** One final text frame of a client, which has to mask (RFC 6455, 5.3). */
function maskedText(payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, masked]);
}
