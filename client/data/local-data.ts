import { pixelsOf, toUnit } from '../../shared/images/image-set.ts';
import type { InputSpec } from '../../shared/nn/net.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { decodeIdx } from './idx.ts';

/** Prepared images, one after the other in one array, as training reads them. */
export function assemble(images: readonly Float32Array[], input: InputSpec): LocalData {
  const length = pixelsOf(input);
  const all = new Float32Array(images.length * length);
  images.forEach((image, i) => {
    if (image.length !== length)
      throw new Error(
        `local data: image ${i} has ${image.length} numbers, the network reads ${length}`,
      );
    all.set(image, i * length);
  });
  return { images: all, count: images.length };
}

/**
 * Images of an IDX file, uint8 [n, size, size], that are the network's input already.
 * @throws when the file is damaged or its images have another size
 */
export function fromIdx(bytes: Uint8Array, { size, channels }: InputSpec): LocalData {
  const { shape, data } = decodeIdx(bytes);
  const [count = 0, height, width] = shape;
  if (!(data instanceof Uint8Array) || height !== size || width !== size || channels !== 1)
    throw new Error(
      `local data: the file has images of ${shape.slice(1).join(' x ')}, the network reads ${size} x ${size} x ${channels}`,
    );
  return { images: toUnit(data), count };
}

/** The first images, copied: for a page to draw while the rest is handed to the training thread. */
export function firstOf(
  { images, count }: LocalData,
  input: InputSpec,
  wanted: number,
): Float32Array[] {
  const length = pixelsOf(input);
  return Array.from({ length: Math.min(count, wanted) }, (_, i) =>
    images.slice(i * length, (i + 1) * length),
  );
}
