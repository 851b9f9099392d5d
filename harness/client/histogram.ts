import { build, encodeIntoCompressedBase64, type Histogram as HdrHistogram } from "hdr-histogram-js";
import type { Quantiles } from "../spec/history.ts";

/** 1024 buckets an octave: a recorded value is off by less than 0.1 %. */
const SUB_BITS = 10;
const SUB_BUCKETS = 1 << SUB_BITS;
const MAX_MICROS = 2 ** 31 - 1;
const BUCKETS = (31 - SUB_BITS + 1) * SUB_BUCKETS;

/**
 * Durations in milliseconds, kept in whole microseconds up to 35 minutes in log-linear buckets. Two histograms merge
 * without loss. The exchange format is that of HdrHistogram.
 */
export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;
  #maxMicros = 0;

  get count(): number {
    return this.#count;
  }

  record(ms: number): void {
    const micros = ms > 0 ? Math.min(Math.round(ms * 1000), MAX_MICROS) : 0;
    const bucket = bucketOf(micros);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    if (micros > this.#maxMicros) this.#maxMicros = micros;
  }

  merge(other: Histogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + (other.#counts[bucket] ?? 0);
    }
    this.#count += other.#count;
    this.#maxMicros = Math.max(this.#maxMicros, other.#maxMicros);
  }

  /** The smallest recorded value, in milliseconds, that at least `part` (0 to 1) of all do not exceed; 0 if empty. */
  quantile(part: number): number {
    const rank = Math.max(1, Math.ceil(part * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= rank) return Math.min(upperMicrosOf(bucket), this.#maxMicros) / 1000;
    }
    return 0;
  }

  quantiles(): Quantiles {
    return {
      count: this.#count,
      p50: this.quantile(0.5),
      p90: this.quantile(0.9),
      p99: this.quantile(0.99),
      p999: this.quantile(0.999),
      max: this.#maxMicros / 1000,
    };
  }

  /** HdrHistogram's V2 compressed encoding in base64, values in microseconds. */
  toHdrBase64(): string {
    return this.#withHdr(encodeIntoCompressedBase64);
  }

  /** HdrHistogram's percentile distribution as text, values in milliseconds. */
  toPercentileText(): string {
    return this.#withHdr((hdr) => hdr.outputPercentileDistribution(5, 1000));
  }

  #withHdr<T>(use: (hdr: HdrHistogram) => T): T {
    const hdr = build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: MAX_MICROS,
      numberOfSignificantValueDigits: 3,
      useWebAssembly: false,
    });
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.#counts[bucket] ?? 0;
      if (count > 0) hdr.recordValueWithCount(Math.min(upperMicrosOf(bucket), this.#maxMicros), count);
    }
    return use(hdr);
  }
}

/** Quantiles of durations in milliseconds. */
export function quantilesOf(valuesMs: Iterable<number>): Quantiles {
  const histogram = new Histogram();
  for (const value of valuesMs) histogram.record(value);
  return histogram.quantiles();
}

function bucketOf(micros: number): number {
  // Below two octaves of sub-buckets every microsecond has its own.
  const shift = Math.max(0, 31 - Math.clz32(micros) - SUB_BITS);
  return shift * SUB_BUCKETS + (micros >>> shift);
}

function upperMicrosOf(bucket: number): number {
  const shift = Math.max(0, (bucket >>> SUB_BITS) - 1);
  const base = bucket - shift * SUB_BUCKETS;
  return (base + 1) * 2 ** shift - 1;
}
