/** Images of every kind, whole and broken, decoded in a real workerd. */
import { deflateSync } from 'node:zlib';
import { createCanvas } from '@napi-rs/canvas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { bombs, endless, png, pngOf } from '../kit/png.ts';
import { startVision, type Vision } from './fixtures/start-vision.ts';

let vision: Vision;

beforeAll(async () => {
  vision = await startVision();
}, 60_000);

afterAll(() => vision?.stop());

const FORMATS = ['png', 'jpeg', 'webp'] as const;

/** A red sheet with a blue square in its upper left. */
async function picture(format: (typeof FORMATS)[number]): Promise<Uint8Array> {
  const [width, height] = [60, 40];
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#e04020';
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#2040ff';
  context.fillRect(4, 4, 20, 20);
  // Out of the Buffer: its `slice` would be a view, and damage to a copy damage to the original.
  if (format === 'png') return Uint8Array.from(await canvas.encode('png'));
  return Uint8Array.from(await canvas.encode(format as 'jpeg', 95));
}

/** The same bytes, with 8001 x 2000 pixels in the header. */
function claiming(format: (typeof FORMATS)[number], bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  const view = new DataView(out.buffer);
  if (format === 'png') {
    view.setUint32(16, 8001);
    view.setUint32(20, 2000);
  } else if (format === 'jpeg') {
    const frame = out.findIndex((byte, i) => byte === 0xff && [0xc0, 0xc2].includes(out[i + 1]!));
    view.setUint16(frame + 5, 2000);
    view.setUint16(frame + 7, 8001);
  } else {
    // The canvas writes the extended format: 24 bits each, less one, and the highest are zero.
    view.setUint16(24, 8000, true);
    view.setUint16(27, 1999, true);
  }
  return out;
}

const decode = (bytes: Uint8Array) => vision.post('/decode', bytes);

async function problem(bytes: Uint8Array): Promise<{ code: number; detail: string }> {
  const reply = await decode(bytes);
  expect(reply.status).toBeGreaterThanOrEqual(400);
  return JSON.parse(reply.text);
}

const at = (bytes: Uint8Array, x: number, y: number, width: number) =>
  [...bytes.slice((y * width + x) * 4, (y * width + x) * 4 + 4)] as number[];

function close(got: number[], expected: number[]) {
  got.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(24));
}

describe.each(FORMATS)('a %s', (format) => {
  test('is decoded to its pixels', async () => {
    const { status, headers, bytes } = await decode(await picture(format));
    expect(status).toBe(200);
    expect(headers.get('size')).toBe('60x40');
    expect(bytes.length).toBe(60 * 40 * 4);
    close(at(bytes, 12, 12, 60), [32, 64, 255, 255]);
    close(at(bytes, 50, 30, 60), [224, 64, 32, 255]);
  });

  test('that was cut off anywhere is problem 501', async () => {
    const whole = await picture(format);
    const cuts = [13, 31, whole.length >> 1, whole.length - 9, whole.length - 1];
    for (const cut of cuts) expect(await problem(whole.slice(0, cut))).toMatchObject({ code: 501 });
  });

  test('that is damaged is an answer, and the next good one is decoded', async () => {
    const whole = await picture(format);
    const random = new Random(3);
    for (let i = 0; i < 25; i++) {
      const damaged = whole.slice();
      const from = random.int(damaged.length);
      for (let k = 0; k < 1 + random.int(40); k++)
        damaged[(from + k) % damaged.length] = random.int(256);
      expect([200, 413, 422]).toContain((await decode(damaged)).status);
    }
    expect((await decode(whole)).status).toBe(200);
  });

  test('that says it has more than 16 megapixels is problem 502', async () => {
    const { code, detail } = await problem(claiming(format, await picture(format)));
    expect([code, detail]).toEqual([502, 'It is 8001 x 2000 pixels.']);
  });
});

/** The picture's chunk out of an extended WebP, as a file of its own. */
async function simpleWebp(quality: number): Promise<Uint8Array> {
  const canvas = createCanvas(60, 40);
  const context = canvas.getContext('2d');
  context.fillStyle = '#e04020';
  context.fillRect(0, 0, 60, 40);
  const whole = await canvas.encode('webp', quality);
  const chunk = whole.subarray(whole.lastIndexOf('VP8'));
  const head = Buffer.from('RIFF....WEBP');
  head.writeUInt32LE(4 + chunk.length, 4);
  return Uint8Array.from(Buffer.concat([head, chunk]));
}

test.each([
  ['lossy', 95, 'VP8 '],
  ['lossless', 100, 'VP8L'],
])('a %s WebP without extensions is decoded', async (_what, quality, tag) => {
  const file = await simpleWebp(quality);
  expect(new TextDecoder().decode(file.slice(12, 16))).toBe(tag);
  const { headers, bytes } = await decode(file);
  expect(headers.get('size')).toBe('60x40');
  close(at(bytes, 50, 30, 60), [224, 64, 32, 255]);
});

test.each([
  ['grey', 8, 0, [[0, 255]], undefined],
  ['black and white', 1, 0, [[0b01000000]], undefined],
  ['grey with alpha', 8, 4, [[0, 255, 255, 255]], undefined],
  ['16-bit grey', 16, 0, [[0, 0, 255, 255]], undefined],
  ['palette', 8, 3, [[1, 0]], [255, 255, 255, 0, 0, 0]],
  ['RGB', 8, 2, [[0, 0, 0, 255, 255, 255]], undefined],
])('a %s PNG becomes RGBA', async (_what, depth, colour, rows, palette) => {
  const { status, bytes } = await decode(
    png({ width: 2, height: 1, depth, colour }, rows, palette),
  );
  expect(status).toBe(200);
  expect([...bytes]).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
});

test('a PNG whose pixels are not there is problem 501, time after time', async () => {
  const bad = png({ width: 300, height: 300, depth: 8, colour: 6 }, [[0]]);
  for (let i = 0; i < 20; i++) expect(await problem(bad)).toMatchObject({ code: 501 });
  expect((await decode(await picture('png'))).status).toBe(200);
});

test('an interlaced PNG is put together line by line', async () => {
  // Adam7 of 3 x 3: the passes hold (0, 0); nothing; nothing; (2, 0); (0, 2) and (2, 2); ...
  const rows = [[10], [30], [70, 90], [20], [80], [40, 50, 60]];
  const file = png({ width: 3, height: 3, depth: 8, colour: 0, interlaced: true }, rows);
  const { status, bytes } = await decode(file);
  expect(status).toBe(200);
  const grey = Array.from({ length: 9 }, (_, i) => bytes[i * 4]);
  expect(grey).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90]);
});

test('the decoder that is kept has seen good and small images only', async () => {
  const whole = await picture('png');
  const expected = (await decode(whole)).bytes;
  const side = 1500;
  const large = pngOf(
    { width: side, height: side, depth: 8, colour: 6 },
    deflateSync(new Uint8Array(side * (4 * side + 1))),
  );
  const bad = png({ width: 300, height: 300, depth: 8, colour: 6 }, [[0]]);
  for (const [other, status] of [
    [large, 200],
    [bad, 422],
    [whole.slice(0, -1), 422],
    [large, 200],
  ] as const) {
    expect((await decode(other)).status).toBe(status);
    expect((await decode(whole)).bytes).toEqual(expected);
  }
});

describe('a bomb of', () => {
  test.each(Object.entries(bombs()))('%s is an answer, and the next image too', async (_, file) => {
    for (let i = 0; i < 3; i++) expect([200, 422]).toContain((await decode(file)).status);
    expect((await decode(await picture('png'))).status).toBe(200);
  });

  test.each(['tEXt', 'IDAT'] as const)('a chunk %s of 4 GB is problem 501', async (type) => {
    expect(await problem(endless(type))).toMatchObject({ code: 501 });
  });
});

test('a camera that was held sideways gives an upright picture', async () => {
  const plain = await picture('jpeg');
  // Exif, little-endian, with one entry: orientation 6, to be turned by 90 degrees.
  const tiff = [
    0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0,
  ];
  const app1 = [0xff, 0xe1, 0, tiff.length + 8, 0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff];
  const turned = Uint8Array.from([0xff, 0xd8, ...app1, ...plain.slice(2)]);
  const { headers, bytes } = await decode(turned);
  expect(headers.get('size')).toBe('40x60');
  close(at(bytes, 28, 12, 40), [32, 64, 255, 255]);
  close(at(bytes, 4, 50, 40), [224, 64, 32, 255]);
});

test.each([
  ['nothing', new Uint8Array()],
  ['a GIF', new TextEncoder().encode('GIF89a......')],
  ['a text', new TextEncoder().encode('hello')],
  ['a picture of no pixels', png({ width: 0, height: 5, depth: 8, colour: 0 }, [[]])],
])('%s is problem 501', async (_what, bytes) => {
  expect(await problem(bytes)).toMatchObject({ code: 501 });
});

test('more than 8 MB is problem 502, whatever it is', async () => {
  expect(await problem(new Uint8Array(8 * 1024 * 1024 + 1))).toMatchObject({ code: 502 });
});

test('a size that only the header claims is not believed', async () => {
  const bomb = png({ width: 60_000, height: 60_000, depth: 8, colour: 6 }, [[0]]);
  expect(await problem(bomb)).toMatchObject({ code: 502 });
});
