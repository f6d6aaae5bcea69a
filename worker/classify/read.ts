import { Problem } from '../../shared/api/problem.ts';
import type { ImageInput } from '../../shared/api/schemas/images.ts';
import { pixelsOf, toBytes, toUnit } from '../../shared/images/image-set.ts';
import { normalise } from '../../shared/images/normalise.ts';
import type { InputSpec } from '../../shared/nn/net.ts';
import { decodeImage } from './decode.ts';

/**
 * Images out of a JSON body, as the network reads them: one after another, size*size*channels
 * bytes each. @throws Problem 501-503 that names which one is bad.
 */
export async function readImages(
  images: readonly ImageInput[],
  input: InputSpec,
): Promise<Uint8Array> {
  const each = pixelsOf(input);
  const out = new Uint8Array(images.length * each);
  for (const [i, image] of images.entries())
    out.set(toBytes(await naming(i, readInput(image, input))), i * each);
  return out;
}

/** The same to be classified: numbers in [0, 1], nothing rounded to bytes. */
export function readInputs(images: readonly ImageInput[], input: InputSpec): Promise<Float32Array> {
  return joined(images, input, (image) => readInput(image, input));
}

/** Files, one after another. @throws Problem 501, 502 that names which one is bad. */
export function readFiles(files: readonly Uint8Array[], input: InputSpec): Promise<Float32Array> {
  return joined(files, input, (bytes) => readFile(bytes, input));
}

/** One image of a JSON body, numbers in [0, 1]. @throws Problem 501-503 */
export async function readInput(image: ImageInput, input: InputSpec): Promise<Float32Array> {
  if ('image' in image) return readFile(fromBase64(image.image), input);
  const pixels = fromBase64(image.pixels);
  if (pixels.length !== pixelsOf(input))
    throw new Problem(503, `${pixels.length} pixels, the network reads ${shape(input)}`);
  return toUnit(pixels);
}

/** The bytes of a PNG, JPEG or WebP as the network's input, numbers in [0, 1]. @throws Problem 501, 502 */
export async function readFile(bytes: Uint8Array, input: InputSpec): Promise<Float32Array> {
  const { data, width, height } = await decodeImage(bytes);
  return normalise(data, width, height, input);
}

/** The network's input sent as it is, any number of images: float32, little-endian. @throws Problem 503 */
export function readTensor(bytes: Uint8Array, input: InputSpec): Float32Array {
  const wanted = pixelsOf(input) * 4;
  if (bytes.length === 0 || bytes.length % wanted !== 0)
    throw new Problem(
      503,
      `${bytes.length} bytes, the network reads ${shape(input)} float32 numbers, ${wanted} bytes`,
    );
  const numbers = new Float32Array(bytes.slice().buffer);
  const bad = numbers.findIndex((value) => !(value >= 0 && value <= 1));
  if (bad >= 0) throw new Problem(503, `number ${bad} is ${numbers[bad]}, not in [0, 1]`);
  return numbers;
}

async function joined<T>(
  items: readonly T[],
  input: InputSpec,
  read: (item: T) => Promise<Float32Array>,
): Promise<Float32Array> {
  const each = pixelsOf(input);
  const out = new Float32Array(items.length * each);
  // One after another: a decoded photograph takes half of an isolate's memory.
  for (const [i, item] of items.entries()) out.set(await naming(i, read(item)), i * each);
  return out;
}

/** Says which image a problem is about. */
async function naming<T>(index: number, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem(error.code, `image ${index}: ${error.message}`, { cause: error, index });
  }
}

function shape({ size, channels }: InputSpec): string {
  return `${size} x ${size} x ${channels}`;
}

/** The schema has checked the alphabet. */
function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
