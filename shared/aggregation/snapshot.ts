import type { MakeSum, Sum } from '../weights/sum.ts';
import type { Part } from './contract.ts';

/** A part with the sum that it is made of: sum of weight * factor * delta, [size]. */
export type Bucket = Part & { sum: Sum };

/**
 * A tally as bytes, all of them float64 in the order of the machine, which is little-endian wherever
 * this runs:
 *
 *     size, parts, (weight, count) of each part, the sum of each part
 */
const HEAD = 2;
const ROW = 2;

/** The bytes in pieces of at most `most`, not copied: each is good until the next is asked for. */
export function* pack(
  buckets: readonly Bucket[],
  size: number,
  most: number,
): Generator<Uint8Array> {
  const rows = buckets.flatMap(({ weight, count }) => [weight, count]);
  const head = Float64Array.of(size, buckets.length, ...rows);
  yield* pieces(() => head, most);
  // A wasm sum's array does not outlive the growth of its memory: it is asked for at every piece.
  for (const { sum } of buckets) yield* pieces(() => sum.values(), most);
}

function* pieces(values: () => Float64Array, most: number): Generator<Uint8Array, void> {
  const end = bytesOf(values()).length;
  for (let at = 0; at < end; at += most) yield bytesOf(values()).subarray(at, at + most);
}

/**
 * Reads what `pack` wrote into `buckets`, bit for bit, however it was cut since and wherever the
 * pieces lie. What was pushed is the caller's to free, also when this throws.
 * @param most buckets that the tally may have
 * @throws when the bytes are not a tally of this size and so many buckets
 */
export function unpack(
  chunks: Iterable<Uint8Array>,
  into: Bucket[],
  { size, most, makeSum }: { size: number; most: number; makeSum: MakeSum },
): void {
  const reader = new Reader(chunks);
  const [found, parts] = reader.words(HEAD);
  if (found !== size) throw new Error(`snapshot: of ${found} numbers, expected ${size}`);
  if (!(Number.isInteger(parts) && parts! >= 0 && parts! <= most))
    throw new Error(`snapshot: ${parts} parts, at most ${most} are possible`);
  const rows = reader.words(ROW * parts!);
  checkRows(rows, most);
  for (let part = 0; part < parts!; part++) {
    const sum = makeSum(size);
    into.push({ weight: rows[ROW * part]!, count: rows[ROW * part + 1]!, sum });
    reader.fill(bytesOf(sum.values()));
  }
  reader.end();
}

/** Deltas were dealt out in turns: other counts are of another plan, and the next turn is unknown. */
function checkRows(rows: Float64Array, most: number): void {
  let total = 0;
  for (let at = 0; at < rows.length; at += ROW) total += rows[at + 1]!;
  for (let part = 0; ROW * part < rows.length; part++) {
    const [weight, count] = [rows[ROW * part]!, rows[ROW * part + 1]!];
    if (!(weight > 0 && weight < Infinity && count === Math.ceil((total - part) / most)))
      throw new Error(
        `snapshot: part ${part} counts ${count} of ${total} deltas in ${most} buckets`,
      );
  }
}

/** Bytes that come in pieces, read as if they were one. */
class Reader {
  readonly #chunks: Iterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(chunks: Iterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.iterator]();
  }

  words(count: number): Float64Array {
    const words = new Float64Array(count);
    this.fill(bytesOf(words));
    return words;
  }

  fill(target: Uint8Array): void {
    for (let at = 0; at < target.length;) {
      if (this.#rest.length === 0 && !this.#pull()) throw new Error('snapshot: it ends too early');
      const piece = this.#rest.subarray(0, target.length - at);
      target.set(piece, at);
      this.#rest = this.#rest.subarray(piece.length);
      at += piece.length;
    }
  }

  end(): void {
    do if (this.#rest.length > 0) throw new Error('snapshot: bytes behind its end');
    while (this.#pull());
  }

  #pull(): boolean {
    const { done, value } = this.#chunks.next();
    if (!done) this.#rest = value;
    return !done;
  }
}

function bytesOf(words: Float64Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
