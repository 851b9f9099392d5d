import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import net, { type AddressInfo, type Socket } from "node:net";
import os from "node:os";
import path from "node:path";
import { parseYaml } from "../../../config/positioned-yaml.ts";
import { parseAddress } from "../../stack-file/address.ts";
import { stackSchema } from "../../stack-file/schema.ts";
import { Proxy } from "../proxy.ts";
import { createRouter } from "../router.ts";
import type { ProxyConfig } from "../settings.ts";

/** A raw upstream: what it does with a connection is the test's affair; `requests` holds all that it was sent. */
export class FakeUpstream implements AsyncDisposable {
  readonly connections: Socket[] = [];
  /** What came by each connection, as text of one byte a character. */
  readonly received: string[] = [];
  readonly #server: net.Server;

  private constructor(behave: (socket: Socket, text: string, number: number) => void) {
    this.#server = net.createServer({ allowHalfOpen: true }, (socket) => {
      const number = this.connections.push(socket) - 1;
      this.received[number] = "";
      socket.on("error", () => socket.destroy());
      socket.on("end", () => socket.end());
      socket.on("data", (chunk: Buffer) => {
        const text = chunk.toString("latin1");
        this.received[number] += text;
        behave(socket, text, number);
      });
    });
  }

  /** `behave` is called for each chunk with the number of its connection, counting from 0. */
  static async start(
    behave: (socket: Socket, text: string, number: number) => void,
    listenOn?: string,
  ): Promise<FakeUpstream> {
    const upstream = new FakeUpstream(behave);
    upstream.#server.listen(listenOn === undefined ? { port: 0, host: "127.0.0.1" } : { path: listenOn });
    await once(upstream.#server, "listening");
    return upstream;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.connections) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** A proxy in this process, with its access log in a folder of its own. */
export class TestProxy implements AsyncDisposable {
  readonly proxy: Proxy;
  readonly folder: string;
  /** With which it was started. */
  readonly config: ProxyConfig;

  private constructor(proxy: Proxy, folder: string, config: ProxyConfig) {
    this.proxy = proxy;
    this.folder = folder;
    this.config = config;
  }

  static async start(
    sites: string | Record<string, string>,
    settings: Record<string, number> = {},
  ): Promise<TestProxy> {
    const folder = await mkdtemp(path.join(os.tmpdir(), "hupspec-proxy-"));
    const config = configOf(folder, sites, settings);
    return new TestProxy(await Proxy.start(config), folder, config);
  }

  get port(): number {
    return Number(this.proxy.address.split(":").at(-1));
  }

  async records(): Promise<Record<string, unknown>[]> {
    const text = await readFile(path.join(this.folder, "access.log"), "utf8");
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.proxy[Symbol.dispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Sites by host, or one upstream for all; any settings of the `proxy` section. */
export function configOf(
  folder: string,
  sites: string | Record<string, string>,
  settings: Record<string, number>,
): ProxyConfig {
  const byHost = typeof sites === "string" ? { "*": sites } : sites;
  const stack = parseYaml(
    JSON.stringify({
      sites: Object.fromEntries(
        Object.entries(byHost).map(([host, upstream], at) => [`s${at}`, { hosts: [host], upstream }]),
      ),
      programs: { front: { proxy: { listen: "127.0.0.1:0", ...settings } } },
    }),
    "test.yaml",
    stackSchema,
  );
  const limits = stack.programs["front"]?.proxy;
  if (!limits) throw new Error("the schema lost the proxy");
  return {
    program: "front",
    limits,
    listen: parseAddress(limits.listen, folder),
    router: createRouter(stack.sites, (address) => parseAddress(address, folder)),
    pidFile: path.join(folder, "front.pid"),
    accessLog: path.join(folder, "access.log"),
  };
}

/** A raw client. */
export class Client implements Disposable {
  readonly socket: Socket;
  text = "";
  /** `fin` or `reset` once the other side ended the connection. */
  ended: "fin" | "reset" | undefined;

  private constructor(port: number) {
    this.socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    this.socket.on("data", (chunk: Buffer) => {
      this.text += chunk.toString("latin1");
    });
    this.socket.on("end", () => {
      this.ended ??= "fin";
    });
    this.socket.on("error", () => {
      this.ended = "reset";
    });
  }

  static async connect(port: number): Promise<Client> {
    const client = new Client(port);
    await once(client.socket, "connect");
    return client;
  }

  send(text: string): this {
    this.socket.write(text, "latin1");
    return this;
  }

  /** Waits for text in the answer(s) so far; `count` times. */
  async sees(part: string, count = 1): Promise<void> {
    await until(
      () => this.text.split(part).length > count,
      () => `${JSON.stringify(part)} in ${JSON.stringify(this.text.slice(0, 500))}`,
    );
  }

  async closed(): Promise<"fin" | "reset"> {
    await until(
      () => this.ended !== undefined,
      () => `the end of the connection, seen: ${JSON.stringify(this.text.slice(0, 500))}`,
    );
    return this.ended ?? "reset";
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** Bounded at ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
