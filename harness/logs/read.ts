import type { FileHandle } from "node:fs/promises";
import type { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { LogFileFacts } from "../spec/history.ts";
import { LineSplitter, type OnLine } from "./lines.ts";

const CHUNK_BYTES = 1024 * 1024;

type Compression = LogFileFacts["compression"];

export interface FileContent {
  readonly compression: Compression;
  /** Unpacked, up to the error if there is one. */
  readonly bytes: number;
  readonly unpackError?: string;
}

/**
 * Unpacks the first `diskBytes` bytes of a file if need be and hands each line to `onLine`, in order. What a damaged
 * archive still gives is delivered; the damage itself is a value.
 */
export async function readLogFile(handle: FileHandle, diskBytes: number, onLine: OnLine): Promise<FileContent> {
  const { compression, unreadable } = await compressionOf(handle, diskBytes);
  if (unreadable) return { compression, bytes: 0, unpackError: `compressed as ${unreadable}, which is not read` };
  if (diskBytes === 0) return { compression, bytes: 0 };
  const lines = new LineSplitter(onLine);
  const source = handle.createReadStream({
    start: 0,
    end: diskBytes - 1,
    highWaterMark: CHUNK_BYTES,
    autoClose: false,
  });
  const unpackError = await consume(source, unpackerOf(compression), lines);
  lines.end();
  return { compression, bytes: lines.bytes, ...(unpackError !== undefined && { unpackError }) };
}

async function consume(
  source: Readable,
  unpacker: Transform | undefined,
  lines: LineSplitter,
): Promise<string | undefined> {
  const feed = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) lines.push(chunk);
  };
  try {
    await (unpacker ? pipeline(source, unpacker, feed) : pipeline(source, feed));
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (unpacker && /^(?:Z|ZSTD|ERR_ZLIB)_/.test(code ?? "")) return `${message} (${code})`;
    throw error;
  }
}

function unpackerOf(compression: Compression): Transform | undefined {
  if (compression === "gzip") return createGunzip({ chunkSize: CHUNK_BYTES });
  if (compression === "zstd") return createZstdDecompress({ chunkSize: CHUNK_BYTES });
  return undefined;
}

const FOREIGN = [
  ["bzip2", Buffer.from("BZh")],
  ["xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a])],
  ["lz4", Buffer.from([0x04, 0x22, 0x4d, 0x18])],
] as const;

/** Goes by the first bytes: a name ending in `.gz` may belong to a file that is not compressed yet. */
async function compressionOf(
  handle: FileHandle,
  diskBytes: number,
): Promise<{ compression: Compression; unreadable?: string }> {
  const magic = Buffer.alloc(6);
  const { bytesRead } = await handle.read(magic, 0, Math.min(magic.length, diskBytes), 0);
  const head = magic.subarray(0, bytesRead);
  if (head.length >= 2 && head.readUInt16BE(0) === 0x1f8b) return { compression: "gzip" };
  if (head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528) return { compression: "zstd" };
  const foreign = FOREIGN.find(([, bytes]) => head.subarray(0, bytes.length).equals(bytes));
  return { compression: "none", ...(foreign && { unreadable: foreign[0] }) };
}
