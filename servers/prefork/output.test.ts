import { once } from "node:events";
import { PassThrough } from "node:stream";
import { describe, expect, test, vi } from "vitest";
import { OutputRelay } from "./output.ts";

/** A sink that takes everything and, told so, passes nothing on. */
class FakeSink {
  readonly lines: string[] = [];
  buffered = 0;
  written = 0;

  write(lines: Buffer): void {
    this.lines.push(lines.toString());
  }
}

async function send(stream: PassThrough, text: string): Promise<void> {
  stream.write(text);
  await vi.waitUntil(() => stream.readableLength === 0, 5_000);
}

describe("output of the workers", () => {
  test("lines of several workers never mix, however their pieces come in", async () => {
    const sink = new FakeSink();
    const relay = new OutputRelay(sink);
    const [first, second] = [new PassThrough(), new PassThrough()];
    const ended = [relay.attach(first), relay.attach(second)];
    await send(first, "one, be");
    await send(second, "two, beginning\ntwo, mid");
    await send(first, "ginning\none, end");
    await send(second, "dle\n");
    first.end();
    second.end();
    await Promise.all(ended);
    expect(sink.lines.every((lines) => lines.endsWith("\n"))).toBe(true);
    expect(sink.lines.join("").split("\n").toSorted()).toEqual(
      ["", "one, beginning", "one, end", "two, beginning", "two, middle"].toSorted(),
    );
  });

  test("a busy sink holds the workers up until it has caught up", async () => {
    const sink = new FakeSink();
    const relay = new OutputRelay(sink);
    const stream = new PassThrough();
    const ended = relay.attach(stream);
    sink.buffered = 5 * 1024 ** 2;
    const paused = once(stream, "pause");
    stream.write("a\n");
    await paused;
    sink.buffered = 0;
    const resumed = once(stream, "resume");
    await resumed;
    stream.end("b\n");
    await ended;
    expect(sink.lines).toEqual(["a\n", "b\n"]);
  });

  test("a sink that passes nothing on does not hold them up for ever", async () => {
    const sink = new FakeSink();
    const relay = new OutputRelay(sink);
    const stream = new PassThrough();
    const ended = relay.attach(stream);
    sink.buffered = 5 * 1024 ** 2;
    const paused = once(stream, "pause");
    stream.write("a\n");
    await paused;
    await once(stream, "resume");
    // Not held up again while it is stuck: what it drops is for the sink to count.
    stream.end("b\n");
    await ended;
    expect(sink.lines).toEqual(["a\n", "b\n"]);
  });
});
