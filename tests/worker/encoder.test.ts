/**
 * Seeing and learning in a real workerd: images are decoded, embedded as Node embeds them, and a
 * supervised session learns.
 */
import { resolve } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { createCanvas } from '@napi-rs/canvas';
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBackend } from '../../client/tf.ts';
import { Random } from '../../shared/math/random.ts';
import { createModel } from '../../shared/nn/model.ts';
import { initialise, type Tf } from '../../shared/nn/params.ts';
import { createEncoder } from '../../worker/classify/encoder.ts';
import { bundleWorker } from '../kit/bundle.ts';

let miniflare: Miniflare;
let origin: string;
let inputs: string[];
let tf: Tf;

beforeAll(async () => {
  const { inputs: bundled, ...manifest } = await bundleWorker(
    resolve(import.meta.dirname, 'fixtures/vision.ts'),
  );
  inputs = bundled;
  miniflare = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    workers: [
      {
        config: {
          name: 'vision',
          compatibilityDate: '2026-11-01',
          compatibilityFlags: ['nodejs_compat'],
          manifest,
        },
      },
    ],
  });
  ({ origin } = await miniflare.ready);
  ({ tf } = await startBackend(['wasm']));
}, 60_000);

afterAll(() => miniflare?.dispose());

async function post(path: string, body: Uint8Array | Float32Array) {
  const response = await fetch(`${origin}${path}`, { method: 'POST', body: body.slice() });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  if (response.status === 500) throw new Error(text);
  return { status: response.status, headers: response.headers, bytes, text };
}

/** `count` images of 28 x 28 blobs. */
function blobs(count: number): Float32Array {
  const random = new Random(5);
  const out = new Float32Array(count * 784);
  for (let image = 0; image < count; image++) {
    const [cx, cy, r] = [random.uniform(6, 22), random.uniform(6, 22), random.uniform(3, 9)];
    for (let i = 0; i < 784; i++) {
      const distance = Math.hypot((i % 28) - cx, Math.floor(i / 28) - cy);
      out[image * 784 + i] = Math.min(1, Math.max(0, r - distance) + 0.1 * random.next());
    }
  }
  return out;
}

describe('the encoder', () => {
  test.each(['conv4-32', 'strided'] as const)('of %s embeds as Node does', async (net) => {
    const images = blobs(37);
    const input = { size: 28, channels: 1 };
    const model = createModel({ net, input, classes: 8, heads: ['cls'] });
    const encoder = createEncoder(tf, model, initialise(model.layout, new Random(1)));
    const here = await encoder.embed(images, 37);
    encoder.dispose();
    const reply = await post(`/embed?net=${net}`, images);
    const there = new Float32Array(reply.bytes.buffer);
    expect(reply.headers.get('backend')).toBe('wasm');
    expect(there.length).toBe(37 * model.features);
    there.forEach((value, i) => expect(Math.abs(value - here[i]!)).toBeLessThan(1e-4));
    for (let row = 0; row < 37; row++) {
      const one = there.slice(row * model.features, (row + 1) * model.features);
      expect(Math.hypot(...one)).toBeCloseTo(1, 4);
    }
    const single = new Float32Array(
      (await post(`/embed?net=${net}`, images.slice(784, 1568))).bytes.buffer,
    );
    single.forEach((value, i) => expect(value).toBeCloseTo(there[model.features + i]!, 4));
  });

  test('leaves no tensor behind', async () => {
    const reply = await post('/embed?net=conv4-32&times=5', blobs(3));
    expect(reply.headers.get('leaked')).toBe('0');
  });

  test('refuses what is not so many images, and work after its end', async () => {
    const input = { size: 28, channels: 1 };
    const model = createModel({ net: 'strided', input, classes: 8, heads: [] });
    const encoder = createEncoder(tf, model, initialise(model.layout, new Random(1)));
    await expect(encoder.embed(new Float32Array(784), 2)).rejects.toThrow('784 numbers');
    encoder.dispose();
    encoder.dispose();
    await expect(encoder.embed(new Float32Array(784), 1)).rejects.toThrow('disposed');
    const short = new Float32Array(3);
    expect(() => createEncoder(tf, model, short)).toThrow('3 numbers for a layout');
  });

  test('is bundled with one engine', () => {
    const engines = inputs.filter((path) => /tfjs-core\/dist\/(engine\.js|tf-core)/.test(path));
    expect(engines).toEqual(['node_modules/@tensorflow/tfjs-core/dist/engine.js']);
  });
});

test('a supervised session learns inside workerd, the same each time', async () => {
  const learnt = JSON.parse((await post('/learn?net=conv4-32', blobs(8))).text);
  expect(learnt.losses).toHaveLength(10);
  for (const loss of learnt.losses) expect(Number.isFinite(loss)).toBe(true);
  const mean = (from: number, to: number) =>
    learnt.losses.slice(from, to).reduce((a: number, b: number) => a + b) / (to - from);
  expect(mean(7, 10)).toBeLessThan(0.85 * mean(0, 3));
  expect(JSON.parse((await post('/learn?net=conv4-32', blobs(8))).text)).toEqual(learnt);
});

const FORMATS = ['png', 'jpeg', 'webp'] as const;

/** A red sheet with a blue square in its upper left. */
async function picture(
  format: (typeof FORMATS)[number],
  width = 60,
  height = 40,
): Promise<Uint8Array> {
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

const decode = (bytes: Uint8Array) => post('/decode', bytes);

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

  test('with more than 16 megapixels is problem 502', async () => {
    const { code, detail } = await problem(await picture(format, 8001, 2000));
    expect([code, detail]).toEqual([502, 'It is 8001 x 2000 pixels.']);
  });
});

/** A PNG chunk by chunk, as encoders for canvases do not make it. */
function png(
  header: { width: number; height: number; depth: number; colour: number },
  rows: number[][],
  palette?: number[],
) {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const ihdr = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, header.depth, header.colour, 0, 0, 0]);
  ihdr.writeUInt32BE(header.width, 0);
  ihdr.writeUInt32BE(header.height, 4);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', ihdr),
    ...(palette ? [chunk('PLTE', Uint8Array.from(palette))] : []),
    chunk('IDAT', deflateSync(Uint8Array.from(rows.flatMap((row) => [0, ...row])))),
    chunk('IEND', new Uint8Array()),
  ]);
}

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
