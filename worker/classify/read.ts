import { Problem } from '../../shared/api/problem.ts';
import type { ImageInput } from '../../shared/api/schemas.ts';
import { pixelsOf, toBytes } from '../../shared/images/image-set.ts';
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
  for (const [i, image] of images.entries()) out.set(await readImage(image, input, i), i * each);
  return out;
}

async function readImage(image: ImageInput, input: InputSpec, index: number): Promise<Uint8Array> {
  if ('pixels' in image) {
    const bytes = fromBase64(image.pixels);
    if (bytes.length !== pixelsOf(input))
      throw new Problem(
        503,
        `image ${index} has ${bytes.length} pixels, the network reads ${shape(input)}`,
      );
    return bytes;
  }
  try {
    return toBytes(await readFile(fromBase64(image.image), input));
  } catch (error) {
    if (error instanceof Problem)
      throw new Problem(error.code, `image ${index}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** The bytes of a PNG, JPEG or WebP as the network's input, numbers in [0, 1]. @throws Problem 501, 502 */
export async function readFile(bytes: Uint8Array, input: InputSpec): Promise<Float32Array> {
  const { data, width, height } = await decodeImage(bytes);
  return normalise(data, width, height, input);
}

/** The network's input sent as it is: float32, little-endian. @throws Problem 503 */
export function readTensor(bytes: Uint8Array, input: InputSpec): Float32Array {
  const wanted = pixelsOf(input);
  if (bytes.length !== wanted * 4)
    throw new Problem(
      503,
      `${bytes.length} bytes, the network reads ${shape(input)} float32 numbers, ${wanted * 4} bytes`,
    );
  const numbers = new Float32Array(bytes.slice().buffer);
  const bad = numbers.findIndex((value) => !(value >= 0 && value <= 1));
  if (bad >= 0) throw new Problem(503, `number ${bad} is ${numbers[bad]}, not in [0, 1]`);
  return numbers;
}

function shape({ size, channels }: InputSpec): string {
  return `${size} x ${size} x ${channels}`;
}

/** The schema has checked the alphabet. */
function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
