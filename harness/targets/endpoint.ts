import { request } from "node:http";
import { connect } from "node:net";

/** Where requests for a site go by one door. */
export type Endpoint = ({ readonly host: string; readonly port: number } | { readonly socketPath: string }) & {
  /** Value of the Host field. */
  readonly hostHeader: string;
};

const UNIX = "unix:";

/**
 * Of `http://HOST:PORT`, or of `unix:PATH` for a unix socket.
 *
 * @param host Host field, if not that of the URL; `localhost` on a unix socket. @throws {TypeError} if it is no URL.
 */
export function endpointOf(url: string, host?: string): Endpoint {
  if (url.startsWith(UNIX)) return { socketPath: url.slice(UNIX.length), hostHeader: host ?? "localhost" };
  const { hostname, port, host: authority } = new URL(url);
  return {
    // Brackets belong to the URL, not to the address.
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? 80 : Number(port),
    hostHeader: host ?? authority,
  };
}

/** As a person would write it. */
export function describeEndpoint(endpoint: Endpoint): string {
  return "socketPath" in endpoint ? endpoint.socketPath : `${endpoint.host}:${endpoint.port}`;
}

/** What Node connects to. */
export function addressOf(
  endpoint: Endpoint,
): { readonly path: string } | { readonly host: string; readonly port: number } {
  return "socketPath" in endpoint ? { path: endpoint.socketPath } : { host: endpoint.host, port: endpoint.port };
}

/** The status of one answer on a connection of its own, read to its end; rejects if there is none in time. */
export function askStatus(
  endpoint: Endpoint,
  {
    method = "GET",
    path,
    withinMs,
    signal,
  }: {
    readonly method?: string;
    readonly path: string;
    readonly withinMs: number;
    readonly signal: AbortSignal;
  },
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const ask = request(
      {
        ...("socketPath" in endpoint
          ? { socketPath: endpoint.socketPath }
          : { host: endpoint.host, port: endpoint.port }),
        method,
        path,
        agent: false,
        headers: { host: endpoint.hostHeader, connection: "close" },
        signal: AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, Math.ceil(withinMs)))]),
      },
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (body = (body + chunk).slice(0, 1_000)));
        response.once("end", () => resolve({ status: response.statusCode ?? 0, body }));
        response.once("error", reject);
      },
    );
    ask.once("error", reject);
    ask.end();
  });
}

/** True if somebody accepts connections there. */
export function isListening(endpoint: Endpoint, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(addressOf(endpoint));
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(withinMs, () => finish(false));
    socket.once("connect", () => finish(true));
    socket.once("error", () => finish(false));
  });
}
