import { packImages, unpackImages, type ImageSet } from '../../shared/images/image-set.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';
import { getBlob, putBlob } from './blobs.ts';

/** Images of one class, as the network reads them, one after another; `count` of them. */
export type Images = { pixels: Uint8Array; count: number };

/** D1 takes 2 MB a row: what is left beside an embedding's sum, which has up to 100 KB. */
const ROWS_BYTES = 1_800_000;

/** Enough for a class that is never trained on; the body of a request holds about as many. */
const MOST_EXAMPLES = 500;

/** Rows of so many numbers that one row of D1 holds. */
export function rowsThatFit(features: number): number {
  return Math.floor(ROWS_BYTES / (4 * features));
}

/** Examples that a class may have: all their embeddings fit one row, so changing it needs no network. */
export function mostExamples(features: number): number {
  return Math.min(MOST_EXAMPLES, rowsThatFit(features));
}

/** Stores a support by its content. @returns its hash: what a class's row names it by */
export function putSupport(bucket: R2Bucket, { pixels, count }: Images): Promise<string> {
  return putBlob(bucket, 'images', packImages({ pixels, count, labels: new Uint16Array(count) }));
}

export async function getSupport(bucket: R2Bucket, hash: string): Promise<ImageSet> {
  return unpackImages(await getBlob(bucket, 'images', hash));
}

export function joinImages(parts: readonly Images[]): Images {
  const pixels = new Uint8Array(parts.reduce((sum, part) => sum + part.pixels.length, 0));
  let at = 0;
  for (const part of parts) {
    pixels.set(part.pixels, at);
    at += part.pixels.length;
  }
  return { pixels, count: parts.reduce((sum, { count }) => sum + count, 0) };
}

/** The same without one image. */
export function withoutImage({ pixels, count }: Images, index: number): Images {
  const each = pixels.length / count;
  const rest = new Uint8Array(pixels.length - each);
  rest.set(pixels.subarray(0, index * each));
  rest.set(pixels.subarray((index + 1) * each), index * each);
  return { pixels: rest, count: count - 1 };
}

/**
 * What the examples are called, in their order: by their content, so that a request to remove one
 * that is repeated, or comes after another's, never takes a different image. The same image again is
 * told apart by a number.
 */
export async function exampleIds({ pixels, count }: Images): Promise<string[]> {
  const each = pixels.length / count;
  const hashes = await Promise.all(
    Array.from({ length: count }, (_, i) => sha256Hex(pixels.subarray(i * each, (i + 1) * each))),
  );
  const seen = new Map<string, number>();
  return hashes.map((hash) => {
    const id = hash.slice(0, 16);
    const times = (seen.get(id) ?? 0) + 1;
    seen.set(id, times);
    return times === 1 ? id : `${id}-${times}`;
  });
}
