import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { toUnit } from '../../shared/images/image-set.ts';
import { normalise } from '../../shared/images/normalise.ts';
import type { InputSpec } from '../../shared/nn/net.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { decodeIdx } from './idx.ts';

const PICTURES = new Set(['.png', '.jpg', '.jpeg', '.webp']);

/**
 * Images from this machine's disk: an IDX file of uint8, or a folder of PNG, JPEG and WebP files,
 * made into what the network reads by the same code as in a tab. Node only.
 * @throws when there are none, or an IDX file is not of the network's size.
 */
export async function loadImages(path: string, input: InputSpec): Promise<LocalData> {
  return statSync(path).isDirectory() ? fromFolder(path, input) : fromIdx(path, input);
}

function fromIdx(path: string, { size, channels }: InputSpec): LocalData {
  const { shape, data } = decodeIdx(readFileSync(path));
  const wanted = channels === 1 ? [shape[0], size, size] : [shape[0], size, size, channels];
  if (!(data instanceof Uint8Array) || shape.join() !== wanted.join())
    throw new Error(
      `${path}: holds ${shape.join(' x ')}, the network reads ${size} x ${size} x ${channels} bytes`,
    );
  return { images: toUnit(data), count: shape[0] as number };
}

async function fromFolder(path: string, input: InputSpec): Promise<LocalData> {
  const { loadImage, createCanvas } = await import('@napi-rs/canvas');
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((file) =>
    PICTURES.has(extname(file).toLowerCase()),
  );
  if (files.length === 0) throw new Error(`${path}: has no PNG, JPEG or WebP file`);
  const each = input.size * input.size * input.channels;
  const images = new Float32Array(files.length * each);
  for (const [i, file] of files.sort().entries()) {
    const image = await loadImage(join(path, file));
    const context = createCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    images.set(normalise(data, image.width, image.height, input), i * each);
  }
  return { images, count: files.length };
}
