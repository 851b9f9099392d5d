import net, { type Socket } from "node:net";

/** Calls `react` whenever an answer of an upstream announces the end of its connection, before anybody else sees it. */
export function onUpstreamClosing(react: () => void): void {
  const connect = net.connect.bind(net);
  const watched = (...args: Parameters<typeof connect>): Socket => {
    const socket = connect(...args);
    socket.on("data", (chunk: Buffer) => {
      if (/^connection: close/im.test(chunk.toString("latin1"))) react();
    });
    return socket;
  };
  Object.assign(net, { connect: watched });
}
