import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createGzip, createZstdCompress } from "node:zlib";
import { openNew, type FileHandle, type FileLayer } from "./file-layer.ts";

export type Compression = "none" | "gzip" | "zstd";

export const EXTENSIONS = { gzip: ".gz", zstd: ".zst" } as const;

const CHUNK_BYTES = 256 * 1024;

/** Compresses `source` into the new file `target`, with its mode, and returns once the bytes are on the disk. */
export async function compressTo(
  files: FileLayer,
  source: FileHandle,
  target: string,
  compression: Exclude<Compression, "none">,
  signal: AbortSignal,
): Promise<void> {
  const mode = (await source.stat()).mode & 0o777;
  const sink = await openNew(files, target, mode);
  try {
    // The umask may have taken bits that the original has.
    await sink.chmod(mode);
    const input = source.createReadStream({ start: 0, autoClose: false, highWaterMark: CHUNK_BYTES });
    await pipeline(input, compressor(compression), writerTo(sink), { signal });
    await sink.sync();
  } finally {
    await sink.close();
  }
}

/** Low levels: a backup is written once, beside applications that want the processor. */
function compressor(compression: Exclude<Compression, "none">): Transform {
  return compression === "gzip"
    ? createGzip({ level: 4, chunkSize: CHUNK_BYTES })
    : createZstdCompress({
        chunkSize: CHUNK_BYTES,
        params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 },
      });
}

function writerTo(sink: FileHandle): (chunks: AsyncIterable<Buffer>) => Promise<void> {
  return async (chunks) => {
    for await (const chunk of chunks) await sink.writeFile(chunk);
  };
}
