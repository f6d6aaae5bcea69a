import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { NETS, type NetName } from '../../shared/nn/index.ts';
import { createModel } from '../../shared/nn/model.ts';
import type { InputSpec, Net } from '../../shared/nn/net.ts';
import {
  dispose,
  flatten,
  initialise,
  unflatten,
  type Params,
  type Scalar,
  type Tensor4D,
} from '../../shared/nn/params.ts';
import { layoutOf, type Layout } from '../../shared/weights/layout.ts';
import { tf } from '../kit/backends.ts';
import { digest } from '../train/stripes.ts';

const ENTRIES = Object.entries<Net>(NETS);

/** The least a plan allows, the default, colour, and sides that no stage divides. */
const INPUTS: InputSpec[] = [
  { size: 16, channels: 1 },
  { size: 28, channels: 1 },
  { size: 32, channels: 3 },
  { size: 19, channels: 3 },
];
const CASES = ENTRIES.flatMap(([id, net]) => INPUTS.map((input) => ({ id, net, ...input })));

function imagesOf({ size, channels }: InputSpec, count: number, seed = 1): Tensor4D {
  const random = new Random(seed);
  const pixels = Float32Array.from({ length: count * size * size * channels }, () => random.next());
  return tf.tensor4d(pixels, [count, size, size, channels]);
}

const held = () => [tf.memory().numTensors, tf.engine().backend.numDataIds()];

test.each(ENTRIES)('%s: title and paper', (_, net) => {
  expect(net.title).not.toBe('');
  expect(net.paper).toMatch(/^https:/);
});

describe.each(ENTRIES)('%s refuses', (id) => {
  const create = (input: InputSpec) =>
    createModel({ net: id as NetName, input, classes: 2, heads: ['cls'] });

  test.each([
    ['images of no pixels', { size: 0, channels: 1 }],
    ['images of no channels', { size: 28, channels: 0 }],
    ['images of a negative side', { size: -28, channels: 1 }],
    ['images of half a channel', { size: 28, channels: 0.5 }],
    ['images of half a pixel more', { size: 28.5, channels: 1 }],
  ])('%s', (_, input) => {
    expect(() => create(input)).toThrow(/\S/);
  });

  test('a model with nothing to tell apart', () => {
    const input = { size: 28, channels: 1 };
    expect(() => createModel({ net: id as NetName, input, classes: 1, heads: ['cls'] })).toThrow(
      '1 classes',
    );
  });
});

test.each(['conv4-32', 'conv4-64'] as const)('%s: 15 pixels vanish in four poolings', (id) => {
  expect(() => NETS[id].features({ size: 15, channels: 1 })).toThrow('15 pixels');
});

describe.each(CASES)('$id on $size x $size x $channels', ({ net, size, channels }) => {
  const input = { size, channels };
  let before: number[];
  let layout: Layout;
  let flat: Float32Array;
  let params: Params;
  let x: Tensor4D;

  beforeAll(() => {
    before = held();
    layout = layoutOf(net.specs(input));
    flat = initialise(layout, new Random(4));
    params = unflatten(tf, layout, flat);
    x = imagesOf(input, 3);
  });
  afterAll(() => {
    [params, { x }].forEach(dispose);
    expect(held()).toEqual(before);
  });

  const embed = () => net.embed(tf, params, x);
  const embedded = async () => {
    const z = tf.tidy(embed);
    const numbers = (await z.data()) as Float32Array;
    z.dispose();
    return { shape: z.shape, numbers };
  };

  test('its parameters are the backbone, and it reads every one of them', () => {
    for (const { name } of layout.entries) {
      expect(name).toMatch(/^backbone\//);
      const { [name]: _, ...others } = params;
      expect(() => tf.tidy(() => net.embed(tf, others, x)), name).toThrow(name);
    }
  });

  test('the embedding is as long as it says, and finite', async () => {
    const { shape, numbers } = await embedded();
    expect(shape).toEqual([3, net.features(input)]);
    expect(numbers.every(Number.isFinite)).toBe(true);
  });

  test('is a pure function: the same numbers twice, nothing changed, nothing left', async () => {
    const held0 = held();
    const first = await embedded();
    expect(digest((await embedded()).numbers)).toBe(digest(first.numbers));
    expect(digest(await flatten(layout, params))).toBe(digest(flat));
    expect(held()).toEqual(held0);
  });

  test.skipIf(net.ofBatch)('an image is embedded alike in any company', async () => {
    const together = (await embedded()).numbers;
    const alone = tf.tidy(() => net.embed(tf, params, tf.slice(x, [1, 0, 0, 0], [1, -1, -1, -1])));
    const numbers = await alone.data();
    alone.dispose();
    const { length } = numbers;
    numbers.forEach((value, i) => expect(together[length + i]).toBeCloseTo(value, 4));
  });

  test('the gradient reaches every parameter', async () => {
    const inputs = layout.entries.map(({ name }) => params[name]!);
    // Of no special direction, so that no parameter's part cancels out.
    const weights = tf.tidy(() => tf.cos(tf.range(0, net.features(input))));
    const { value, grads } = tf.tidy(() =>
      tf.engine().gradients(() => tf.sum(tf.mul(embed(), weights)) as Scalar, inputs),
    );
    for (const [i, { name }] of layout.entries.entries()) {
      const numbers = (await grads[i]!.data()) as Float32Array;
      const norm = Math.sqrt(numbers.reduce((sum, g) => sum + g * g, 0));
      expect(norm, name).toSatisfy(Number.isFinite);
      expect(norm, name).toBeGreaterThan(0);
    }
    [value, weights, ...grads].forEach((tensor) => tensor.dispose());
  });
});
