import type { InputSpec } from '../nn/net.ts';
import type { LocalData } from '../objectives/contract.ts';

/**
 * A set of images as the network reads them, in one blob: count and pixels per image (u32 each,
 * little-endian), a label an image (u16), then the pixels (u8, 255 is 1.0).
 */
export type ImageSet = { pixels: Uint8Array; labels: Uint16Array; count: number };

const HEADER = 8;

/** @throws when there is not a label and equally many pixels for each of `count` images. */
export function packImages({ pixels, labels, count }: ImageSet): Uint8Array {
  const each = count === 0 ? 0 : pixels.length / count;
  if (labels.length !== count || !Number.isInteger(each) || pixels.length !== count * each)
    throw new Error(
      `image set: ${labels.length} labels and ${pixels.length} pixels for ${count} images`,
    );
  const bytes = new Uint8Array(HEADER + 2 * count + pixels.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, count, true);
  view.setUint32(4, each, true);
  labels.forEach((label, i) => view.setUint16(HEADER + 2 * i, label, true));
  bytes.set(pixels, HEADER + 2 * count);
  return bytes;
}

/** @throws when the bytes are not as long as their header says. */
export function unpackImages(bytes: Uint8Array): ImageSet {
  if (bytes.length < HEADER) throw new Error(`image set: ${bytes.length} bytes are no header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  const each = view.getUint32(4, true);
  const start = HEADER + 2 * count;
  if (bytes.length !== start + count * each)
    throw new Error(
      `image set: ${bytes.length} bytes, but ${count} images of ${each} were announced`,
    );
  const labels = Uint16Array.from({ length: count }, (_, i) =>
    view.getUint16(HEADER + 2 * i, true),
  );
  return { pixels: bytes.subarray(start), labels, count };
}

/** The set as an objective reads it: [0, 1], labels as class numbers. */
export function toLocalData({ pixels, labels, count }: ImageSet): LocalData {
  return { images: toUnit(pixels), count, labels: Int32Array.from(labels) };
}

/** Bytes of 0-255 as numbers in [0, 1]. */
export function toUnit(pixels: Uint8Array): Float32Array {
  const images = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) images[i] = pixels[i]! / 255;
  return images;
}

/** Numbers in [0, 1] as bytes, rounded; what is outside is cut off. */
export function toBytes(images: Float32Array): Uint8Array {
  return Uint8Array.from(images, (value) => Math.round(Math.min(Math.max(value, 0), 1) * 255));
}

export function pixelsOf({ size, channels }: InputSpec): number {
  return size * size * channels;
}
