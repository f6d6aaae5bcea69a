/** Seeing and learning in a real workerd: images are embedded as Node embeds them, a session learns. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBackend } from '../../client/tf.ts';
import { Random } from '../../shared/math/random.ts';
import { createModel } from '../../shared/nn/model.ts';
import { initialise, type Tf } from '../../shared/nn/params.ts';
import { createEncoder } from '../../worker/classify/encoder.ts';
import { startVision, type Vision } from './fixtures/start-vision.ts';

let vision: Vision;
let tf: Tf;

beforeAll(async () => {
  vision = await startVision();
  ({ tf } = await startBackend(['wasm']));
}, 60_000);

afterAll(() => vision?.stop());

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

/** Eight patterns that stay apart however they are turned, moved and stretched a little. */
function patterns(): Float32Array {
  const radius = (x: number, y: number) => Math.hypot(x - 14, y - 14);
  const inked: ((x: number, y: number) => boolean)[] = [
    (x, y) => radius(x, y) < 10,
    (x, y) => Math.abs(radius(x, y) - 9) < 1.5,
    (x) => Math.abs(x - 14) < 1.5,
    (_, y) => Math.abs(y - 14) < 1.5,
    (x, y) => Math.min(Math.abs(x - 14), Math.abs(y - 14)) < 1.5,
    (x, y) => Math.min(Math.abs(x - 8), Math.abs(x - 20), y < 24 ? 9 : Math.abs(y - 25)) < 1.5,
    (x, y) => (x >> 2) % 2 === (y >> 2) % 2,
    (x, y) => radius(x, y) < 3,
  ];
  return Float32Array.from({ length: 8 * 784 }, (_, i) => {
    const at = i % 784;
    return inked[Math.floor(i / 784)]!(at % 28, Math.floor(at / 28)) ? 1 : 0;
  });
}

describe('the encoder', () => {
  test.each(['conv4-32', 'strided'] as const)('of %s embeds as Node does', async (net) => {
    const images = blobs(37);
    const input = { size: 28, channels: 1 };
    const model = createModel({ net, input, classes: 8, heads: ['cls'] });
    const encoder = createEncoder(tf, model, initialise(model.layout, new Random(1)));
    const { embeddings: here } = await encoder.infer(images, 37);
    encoder.dispose();
    const reply = await vision.post(`/embed?net=${net}`, images);
    const there = new Float32Array(reply.bytes.buffer);
    expect(reply.headers.get('backend')).toBe('wasm');
    expect(there.length).toBe(37 * model.features);
    there.forEach((value, i) => expect(Math.abs(value - here[i]!)).toBeLessThan(1e-4));
    for (let row = 0; row < 37; row++) {
      const one = there.slice(row * model.features, (row + 1) * model.features);
      expect(Math.hypot(...one)).toBeCloseTo(1, 4);
    }
    const single = new Float32Array(
      (await vision.post(`/embed?net=${net}`, images.slice(784, 1568))).bytes.buffer,
    );
    single.forEach((value, i) => expect(value).toBeCloseTo(there[model.features + i]!, 4));
  });

  test('leaves no tensor behind', async () => {
    const reply = await vision.post('/embed?net=conv4-32&times=5', blobs(3));
    expect(reply.headers.get('leaked')).toBe('0');
  });

  test('refuses what is not so many images, and work after its end', async () => {
    const input = { size: 28, channels: 1 };
    const model = createModel({ net: 'strided', input, classes: 8, heads: [] });
    const encoder = createEncoder(tf, model, initialise(model.layout, new Random(1)));
    await expect(encoder.infer(new Float32Array(784), 2)).rejects.toThrow('784 numbers');
    encoder.dispose();
    encoder.dispose();
    await expect(encoder.infer(new Float32Array(784), 1)).rejects.toThrow('disposed');
    const short = new Float32Array(3);
    expect(() => createEncoder(tf, model, short)).toThrow('3 numbers for a layout');
  });

  test('is bundled with one engine', () => {
    const engines = vision.inputs.filter((path) =>
      /tfjs-core\/dist\/(engine\.js|tf-core)/.test(path),
    );
    expect(engines).toEqual(['node_modules/@tensorflow/tfjs-core/dist/engine.js']);
  });
});

test('a supervised session learns inside workerd, the same each time', async () => {
  const learnt = JSON.parse((await vision.post('/learn?net=conv4-32', patterns())).text);
  expect(learnt.losses).toHaveLength(10);
  for (const loss of learnt.losses) expect(Number.isFinite(loss)).toBe(true);
  const mean = (from: number, to: number) =>
    learnt.losses.slice(from, to).reduce((a: number, b: number) => a + b) / (to - from);
  expect(mean(7, 10)).toBeLessThan(0.9 * mean(0, 3));
  expect(JSON.parse((await vision.post('/learn?net=conv4-32', patterns())).text)).toEqual(learnt);
});
