import jpegWasm from '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm';
import webpWasm from '@jsquash/webp/codec/dec/webp_dec.wasm';
import { Problem } from '../../shared/api/problem.ts';
import { Malformed, readHeader, type Header } from './headers.ts';
import { decodePng, type Rgba } from './png.ts';

/** Problem 502 names both. */
export const MAX_BYTES = 8 * 1024 * 1024;
export const MAX_PIXELS = 16_000_000;

/**
 * Decodes a PNG, JPEG or WebP, known by its first bytes, upright.
 * @returns width*height*4 bytes, alpha not premultiplied
 * @throws Problem 502 before anything is decoded when it is too large, 501 for anything that is
 * no whole image
 */
export async function decodeImage(bytes: Uint8Array): Promise<Rgba> {
  if (bytes.length > MAX_BYTES) throw new Problem(502, `It has ${bytes.length} bytes.`);
  const header = headerOf(bytes);
  const { format, width, height } = header;
  if (width * height > MAX_PIXELS) throw new Problem(502, `It is ${width} x ${height} pixels.`);
  if (width * height === 0) throw new Problem(501, `The ${format} has no pixels.`);
  const image = await CODECS[format](bytes).catch((cause: unknown) => {
    throw new Problem(501, `The ${format} cannot be decoded.`, { cause });
  });
  if (!isWhole(image, header)) throw new Problem(501, `The ${format} is not what its header says.`);
  return { data: image.data, width: image.width, height: image.height };
}

function headerOf(bytes: Uint8Array): Header {
  try {
    const header = readHeader(bytes);
    if (header) return header;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new Problem(501, `The image is malformed: ${error.message}.`, { cause: error });
  }
  throw new Problem(501, 'It begins neither like a PNG nor like a JPEG or WebP.');
}

/** A JPEG that is turned upright may have its sides swapped. */
function isWhole({ data, width, height }: Rgba, header: Header): boolean {
  const asSaid = width === header.width && height === header.height;
  const turned = width === header.height && height === header.width;
  return (asSaid || turned) && data.length === width * height * 4;
}

/**
 * Every JPEG and WebP gets a fresh instance of its codec: one that failed has undefined insides, one
 * that decoded a large image would keep its memory, which never shrinks, and C may read what an earlier
 * image has left. `init` makes the instance that the call of `decode` right behind it takes, with no
 * turn of the event loop between them.
 */
const CODECS: Record<Header['format'], (bytes: Uint8Array) => Promise<Rgba>> = {
  png: async (bytes) => decodePng(bytes),
  async jpeg(bytes) {
    const { init, default: decode } = await import('@jsquash/jpeg/decode.js');
    void (init as Init)(jpegWasm, QUIET);
    return decode(bytes as unknown as ArrayBuffer, { preserveOrientation: true });
  },
  async webp(bytes) {
    const { init, default: decode } = await import('@jsquash/webp/decode.js');
    void (init as Init)(webpWasm, QUIET);
    return decode(bytes as unknown as ArrayBuffer);
  },
};

/** jSquash's declarations leave out the overload for workers that its documentation describes. */
type Init = (module: WebAssembly.Module, options: typeof QUIET) => Promise<void>;

/** What is wrong with somebody's image is for the reply, not for our log. */
const QUIET = { printErr() {} };
