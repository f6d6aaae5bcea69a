import type { Random } from '../../math/random.ts';

/**
 * How numbers become bytes. A scheme knows nothing of headers, checksums or models: the codec has
 * checked that `payload` holds exactly `bytes(count)` bytes and that arrays hold `count` numbers.
 * A payload may start at any offset of its buffer: read wide numbers through a DataView. Whatever
 * bytes come, nothing here may throw or read past the payload.
 */
export type Scheme = {
  /** Byte 5 of the header, 1-255; never given to another scheme, not even to a changed version. */
  number: number;
  title: string;
  paper?: string;
  /**
   * Whether a message is biased on its own: then what it loses is added to the volunteer's next
   * delta (shared/weights/feedback.ts). Unbiased schemes leave that to the crowd, whose errors cancel.
   */
  feedback: boolean;
  /** Length of the payload in bytes, exact. */
  bytes(count: number): number;
  /** Writes all of `out`. The values are finite, of any magnitude a float32 has. */
  encode(values: Float32Array, out: Uint8Array, random: Random): void;
  /** sum[i] += weight * value[i], without a copy of the values: a shard's inner loop. */
  accumulate(payload: Uint8Array, sum: Float64Array | Float32Array, weight: number): void;
  decodeInto(payload: Uint8Array, out: Float32Array): void;
  /** Sum of the squared values in float64; not finite where a float on the wire is not. */
  squares(payload: Uint8Array, count: number): number;
  /** Whether every value fits a finite float32. */
  finite(payload: Uint8Array, count: number): boolean;
};

/** A DataView of exactly these bytes, wherever they lie in their buffer. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
