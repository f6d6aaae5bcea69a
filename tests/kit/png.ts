/** PNG files chunk by chunk: what encoders for canvases do not make, and attackers do. */
import { crc32, deflateSync } from 'node:zlib';

export type PngHeader = {
  width: number;
  height: number;
  depth: number;
  colour: number;
  interlaced?: boolean;
};

export function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** @param rows bytes of each line, without its filter */
export function png(header: PngHeader, rows: number[][], palette?: number[]) {
  const data = deflateSync(Uint8Array.from(rows.flatMap((row) => [0, ...row])));
  return pngOf(header, data, palette ? [chunk('PLTE', Uint8Array.from(palette))] : []);
}

/** @param data deflated  @param more chunks between the header and the pixels */
export function pngOf(header: PngHeader, data: Uint8Array, more: Buffer[] = []) {
  const { depth, colour, interlaced } = header;
  const ihdr = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, depth, colour, 0, 0, interlaced ? 1 : 0]);
  ihdr.writeUInt32BE(header.width, 0);
  ihdr.writeUInt32BE(header.height, 4);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', ihdr),
    ...more,
    chunk('IDAT', data),
    chunk('IEND', new Uint8Array()),
  ]);
}

const TINY = { width: 2, height: 1, depth: 8, colour: 0 };
const PIXELS = deflateSync(Uint8Array.of(0, 0, 255));

/** Two pixels, and 64 MB of zeros in 64 KB somewhere beside them. */
export function bombs(): Record<string, Buffer> {
  const zeros = deflateSync(new Uint8Array(2 ** 26));
  const named = Buffer.concat([Buffer.from('bomb\0\0'), zeros]);
  const empty = Array.from({ length: 10_000 }, () => chunk('tEXt', new Uint8Array()));
  return {
    'pixels that go on and on': pngOf(TINY, zeros),
    'a colour profile': pngOf(TINY, PIXELS, [chunk('iCCP', named)]),
    'a comment': pngOf(TINY, PIXELS, [chunk('zTXt', named)]),
    'ten thousand empty chunks': pngOf(TINY, PIXELS, empty),
  };
}

/** A chunk that says it goes on for 4 GB. */
export function endless(type: 'tEXt' | 'IDAT'): Buffer {
  const file = pngOf(TINY, PIXELS, [chunk('tEXt', new Uint8Array())]);
  file.writeUInt32BE(0xffff_fff0, file.indexOf(type) - 4);
  return file;
}
