import { pixelsOf } from '../../shared/images/image-set.ts';
import { normalise } from '../../shared/images/normalise.ts';
import type { InputSpec } from '../../shared/nn/net.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import type { ChosenFile, Skipped, SkipReason } from './files.ts';
import { assemble } from './local-data.ts';

export const MAX_PIXELS = 16_000_000;
/** Numbers kept for training, 256 MB of them: 85,000 images of 28 x 28. */
const MAX_NUMBERS = 67_000_000;

/** An image that cannot be used, and why. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  readonly reason: SkipReason;

  constructor(reason: SkipReason, options?: ErrorOptions) {
    super(reason, options);
    this.reason = reason;
  }
}

/** Any image the browser can show, as the network reads it. @throws Unreadable */
export async function decodeImage(blob: Blob, input: InputSpec): Promise<Float32Array> {
  // Raw values, as the edge's decoders give them: the same file is the same input on both sides.
  const raw = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' } as const;
  const bitmap = await createImageBitmap(blob, raw).catch((cause: unknown) => {
    throw new Unreadable('not-decodable', { cause });
  });
  try {
    const { width, height } = bitmap;
    if (width * height > MAX_PIXELS) throw new Unreadable('too-many-pixels');
    const context = new OffscreenCanvas(width, height).getContext('2d', {
      willReadFrequently: true,
    });
    if (!context) throw new Unreadable('not-decodable');
    context.drawImage(bitmap, 0, 0);
    return fromPixels(context.getImageData(0, 0, width, height), input);
  } finally {
    bitmap.close();
  }
}

/** A canvas' pixels as the network reads them. */
export function fromPixels({ data, width, height }: ImageData, input: InputSpec): Float32Array {
  return normalise(data, width, height, input);
}

/** All files, one after the other. What cannot be read is named in `skipped`, never dropped in silence. */
export async function decodeAll(
  files: readonly ChosenFile[],
  input: InputSpec,
  onProgress: (done: number, total: number) => void,
): Promise<{ data: LocalData; used: ChosenFile[]; skipped: Skipped[] }> {
  const room = Math.floor(MAX_NUMBERS / pixelsOf(input));
  const images: Float32Array[] = [];
  const used: ChosenFile[] = [];
  const skipped: Skipped[] = [];
  for (const [i, file] of files.entries()) {
    try {
      if (images.length === room) throw new Unreadable('too-many-images');
      images.push(await decodeImage(file.blob, input));
      used.push(file);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      skipped.push({ path: file.path, reason: error.reason });
    }
    onProgress(i + 1, files.length);
  }
  return { data: assemble(images, input), used, skipped };
}
