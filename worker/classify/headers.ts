/** What an image says of itself before anything is decoded. */
export type Header = { format: 'png' | 'jpeg' | 'webp'; width: number; height: number };

/** The bytes are not a whole image of the format that they begin like; the message says why. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/**
 * Reads format and size, and sees that the file goes on to its end: decoders paint a truncated
 * JPEG's missing half grey without a word.
 * @returns undefined when the bytes begin like no format that is known here
 * @throws Malformed
 */
export function readHeader(bytes: Uint8Array): Header | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (startsWith(bytes, PNG)) return { format: 'png', ...png(view) };
    if (startsWith(bytes, [0xff, 0xd8, 0xff])) return { format: 'jpeg', ...jpeg(view) };
    if (tag(view, 0) === 'RIFF' && tag(view, 8) === 'WEBP')
      return { format: 'webp', ...webp(view) };
    return undefined;
  } catch (error) {
    // DataView's own complaint: the walk went past the last byte.
    if (error instanceof RangeError) throw new Malformed('it ends too early', { cause: error });
    throw error;
  }
}

type Size = { width: number; height: number };

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Progressive JPEGs have about ten; thousands of them are an attack on whoever decodes it. */
const MAX_SCANS = 64;

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/** Four characters; empty where fewer are left. */
function tag(view: DataView, at: number): string {
  if (at + 4 > view.byteLength) return '';
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}

/** Chunks: length, type, data, checksum; IHDR is the first, IEND the last. */
function png(view: DataView): Size {
  if (tag(view, 12) !== 'IHDR') throw new Malformed('its first chunk is not the header');
  const size = { width: view.getUint32(16), height: view.getUint32(20) };
  for (let at = 8; ; at += 12 + view.getUint32(at)) {
    const end = at + 12 + view.getUint32(at);
    if (end > view.byteLength) throw new Malformed('it ends too early');
    if (tag(view, at + 4) === 'IEND') return size;
  }
}

/** Segments: 0xff, type, length, data; behind a start of scan come coded bytes up to the next marker. */
function jpeg(view: DataView): Size {
  let size: Size | undefined;
  let scans = 0;
  for (let at = 2; ;) {
    at = nextMarker(view, at);
    const marker = view.getUint8(at + 1);
    if (marker === 0xd9) break;
    if (marker === 0xda && ++scans > MAX_SCANS) throw new Malformed('it has too many scans');
    if (isFrame(marker)) {
      if (size) throw new Malformed('it has two frames');
      size = { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    }
    at += 2 + view.getUint16(at + 2);
  }
  if (!size || scans === 0) throw new Malformed('it has no frame');
  return size;
}

/** Where the next marker is: neither a stuffed 0xff (0x00), nor padding (0xff), nor a restart. */
function nextMarker(view: DataView, from: number): number {
  for (let at = from; ; at++) {
    if (view.getUint8(at) !== 0xff) continue;
    const kind = view.getUint8(at + 1);
    if (kind !== 0x00 && kind !== 0xff && (kind < 0xd0 || kind > 0xd7)) return at;
  }
}

/** Start of frame, of any of the codings; 0xc4, 0xc8 and 0xcc are tables. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** The first chunk tells lossy, lossless and extended files apart, and each has the size elsewhere. */
function webp(view: DataView): Size {
  if (view.getUint32(4, true) + 8 > view.byteLength) throw new Malformed('it ends too early');
  const kind = tag(view, 12);
  if (kind === 'VP8 ') {
    const size = { width: view.getUint16(26, true), height: view.getUint16(28, true) };
    return { width: size.width & 0x3fff, height: size.height & 0x3fff };
  }
  if (kind === 'VP8L') {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (kind !== 'VP8X') throw new Malformed('its first chunk is no picture');
  if (view.getUint8(20) & 0x02) throw new Malformed('it is an animation');
  const uint24 = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  return { width: uint24(24) + 1, height: uint24(27) + 1 };
}
