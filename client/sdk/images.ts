import { TENSOR_TYPE, type IMAGE_TYPES } from '../../shared/api/media.ts';
import { toBytes } from '../../shared/images/image-set.ts';
import { bytesOf } from '../../shared/math/bytes.ts';
import { problemOf } from '../net/problems.ts';

/**
 * An image as an app has it: a file's bytes (PNG, JPEG or WebP), something that a browser can show, or
 * the network's own input, size*size*channels numbers in [0, 1].
 */
export type ImageSource =
  | Blob
  | ArrayBuffer
  | Uint8Array
  | Float32Array
  | ImageBitmap
  | HTMLCanvasElement
  | OffscreenCanvas;

/** As it goes over the wire: one of `IMAGE_TYPES`, or a tensor. */
export type Packed = {
  bytes: Uint8Array<ArrayBuffer>;
  type: (typeof IMAGE_TYPES)[number] | typeof TENSOR_TYPE;
};

/** @throws ImageProblem 501 when the bytes begin like none of the formats, before anything is sent. */
export async function pack(image: ImageSource): Promise<Packed> {
  if (image instanceof Float32Array) return { bytes: bytesOf(image), type: TENSOR_TYPE };
  const bytes = await fileOf(image);
  const type = typeOf(bytes);
  if (!type) throw problemOf(501, `${bytes.byteLength} bytes that are no PNG, JPEG or WebP file`);
  return { bytes, type };
}

/** Several: tensors one after another, files as a form, and both together in JSON. */
export async function packAll(
  images: readonly ImageSource[],
): Promise<
  Packed | { form: FormData } | { json: { images: ({ image: string } | { pixels: string })[] } }
> {
  if (images.every((image) => image instanceof Float32Array)) {
    const parts = images.map((image) => bytesOf(image));
    return { bytes: new Uint8Array(await new Blob(parts).arrayBuffer()), type: TENSOR_TYPE };
  }
  if (images.some((image) => image instanceof Float32Array))
    return { json: { images: await Promise.all(images.map(packAsJson)) } };
  const form = new FormData();
  for (const { bytes, type } of await Promise.all(images.map(pack)))
    form.append('image', new Blob([bytes], { type }), 'image');
  return { form };
}

/** For a JSON body. A tensor becomes bytes of 0-255: the examples of a class are kept as such. */
export async function packAsJson(
  image: ImageSource,
): Promise<{ image: string } | { pixels: string }> {
  if (image instanceof Float32Array) return { pixels: base64(toBytes(image)) };
  return { image: base64((await pack(image)).bytes) };
}

async function fileOf(image: Exclude<ImageSource, Float32Array>): Promise<Uint8Array<ArrayBuffer>> {
  if (image instanceof Uint8Array) return bytesOf(image);
  if (image instanceof ArrayBuffer) return new Uint8Array(image);
  const blob = image instanceof Blob ? image : await drawn(image);
  return new Uint8Array(await blob.arrayBuffer());
}

/** What a browser shows, as a PNG: nothing of it is lost. */
async function drawn(image: ImageBitmap | HTMLCanvasElement | OffscreenCanvas): Promise<Blob> {
  if ('convertToBlob' in image) return image.convertToBlob();
  if ('toBlob' in image) {
    const blob = await new Promise<Blob | null>((resolve) => image.toBlob(resolve));
    if (!blob) throw problemOf(501, 'the canvas is empty, or too large to be read');
    return blob;
  }
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d')?.drawImage(image, 0, 0);
  return canvas.convertToBlob();
}

/** By how the bytes begin: what a file is called says little. */
function typeOf(bytes: Uint8Array): Packed['type'] | undefined {
  const has = (at: number, text: string) =>
    [...text].every((letter, i) => bytes[at + i] === letter.charCodeAt(0));
  if (has(0, '\x89PNG\r\n\x1a\n')) return 'image/png';
  if (has(0, '\xff\xd8\xff')) return 'image/jpeg';
  if (has(0, 'RIFF') && has(8, 'WEBP')) return 'image/webp';
  return undefined;
}

/** In pieces: a call takes some ten thousands of arguments. */
function base64(bytes: Uint8Array): string {
  const PIECE = 0x8000;
  let binary = '';
  for (let at = 0; at < bytes.length; at += PIECE)
    binary += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(binary);
}
