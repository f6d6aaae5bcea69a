/** Models as both sides build them: a layout, fresh numbers, heads on an embedding. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { HEADS, type HeadName } from '../../shared/nn/heads/index.ts';
import { createModel, type Model } from '../../shared/nn/model.ts';
import { dispose, flatten, initialise, unflatten, type Tensor2D } from '../../shared/nn/params.ts';
import { layoutOf } from '../../shared/weights/layout.ts';
import { tf } from '../kit/backends.ts';

const create = (...heads: HeadName[]): Model =>
  createModel({ net: 'strided', input: { size: 16, channels: 1 }, classes: 5, heads });

const constant = { kind: 'constant', value: 0 } as const;

describe('a layout', () => {
  test.each([[[3, 3, 0.5, 32]], [[-2, -3]], [[0]]])(
    'refuses the shape %j, whatever its product',
    (shape) => {
      expect(() => layoutOf([{ name: 'w', shape, init: constant }])).toThrow('"w" has the shape');
    },
  );

  test('of a model is its backbone, then its heads in the order given', () => {
    const names = create('proj', 'cls').layout.entries.map(({ name }) =>
      name.split('/').slice(0, 2).join('/'),
    );
    const order = [...new Set(names)];
    expect(order.filter((name) => name.startsWith('head/'))).toEqual(['head/proj', 'head/cls']);
    expect(order.findIndex((name) => name.startsWith('head/'))).toBe(order.length - 2);
  });

  test('of a backbone does not move when a head is added behind it', () => {
    const [one, two] = [create('cls'), create('cls', 'proj')];
    expect(two.layout.entries.slice(0, one.layout.entries.length)).toEqual(one.layout.entries);
  });

  test('has a head at most once', () => {
    expect(() => create('cls', 'cls')).toThrow('occurs twice');
  });
});

describe('fresh weights', () => {
  const layout = layoutOf([
    { name: 'gain', shape: [4], init: { kind: 'constant', value: 1 } },
    { name: 'kernel', shape: [50, 400], init: { kind: 'he', fanIn: 50 } },
    { name: 'bias', shape: [3], init: constant },
  ]);

  test('are what each parameter starts from: a constant, or normal with the variance 2 / fan-in', () => {
    const flat = initialise(layout, new Random(1));
    expect([...flat.subarray(0, 4), ...flat.subarray(-3)]).toEqual([1, 1, 1, 1, 0, 0, 0]);
    const kernel = flat.subarray(4, -3);
    const mean = kernel.reduce((a, b) => a + b, 0) / kernel.length;
    const variance = kernel.reduce((a, b) => a + (b - mean) ** 2, 0) / kernel.length;
    expect(Math.abs(mean)).toBeLessThan(0.005);
    expect(variance / (2 / 50)).toBeCloseTo(1, 1);
  });

  test('are the same of the same seed', () => {
    expect(initialise(layout, new Random(3)).join()).toBe(initialise(layout, new Random(3)).join());
  });
});

describe('flat weights and named tensors', () => {
  const { layout } = create('cls', 'proj');

  test('are each other, number for number and shape for shape', async () => {
    const flat = Float32Array.from({ length: layout.size }, (_, i) => i);
    const before = tf.memory().numTensors;
    const params = unflatten(tf, layout, flat);
    for (const { name, shape, offset } of layout.entries) {
      expect(params[name]!.shape, name).toEqual(shape);
      expect((await params[name]!.data())[0], name).toBe(offset);
    }
    expect((await flatten(layout, params)).join()).toBe(flat.join());
    dispose(params);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('do not share memory: the tensors stay when the array changes', async () => {
    const flat = new Float32Array(layout.size);
    const params = unflatten(tf, layout, flat);
    flat.fill(7);
    expect(new Set(await flatten(layout, params))).toEqual(new Set([0]));
    dispose(params);
  });

  test('that do not fit each other are refused', async () => {
    expect(() => unflatten(tf, layout, new Float32Array(layout.size + 1))).toThrow(
      'for a layout of',
    );
    await expect(flatten(layout, {})).rejects.toThrow('is missing');
  });
});

describe.each(Object.keys(HEADS) as HeadName[])('the head %s', (name) => {
  const model = create(name);

  test('has a title and parameters of its own name', () => {
    expect(HEADS[name].title).not.toBe('');
    const specs = HEADS[name].specs({ ...model.spec, features: 10 });
    expect(specs).not.toHaveLength(0);
    for (const spec of specs) expect(spec.name).toMatch(new RegExp(`^head/${name}/`));
  });

  test('makes a row of outputs of every image, and needs all of its parameters for it', () => {
    const params = unflatten(tf, model.layout, initialise(model.layout, new Random(1)));
    // Some heads make a row of several embeddings: of an image's patches, of frames in a row.
    const z = tf.ones([18, model.features]) as Tensor2D;
    const out = tf.tidy(() => model.head(tf, name, params, z));
    expect([18, 9, 6, 2]).toContain(out.shape[0]);
    if (name === 'cls') expect(out.shape[1]).toBe(5);
    for (const { name: param } of HEADS[name].specs({ ...model.spec, features: model.features })) {
      const { [param]: _, ...others } = params;
      expect(() => tf.tidy(() => model.head(tf, name, others, z)), param).toThrow(param);
    }
    [params, { z, out }].forEach(dispose);
  });
});

test('a fresh classifier finds every class as likely as any other, whatever the image', async () => {
  const model = create('cls');
  const params = unflatten(tf, model.layout, initialise(model.layout, new Random(1)));
  const x = tf.randomUniform([4, 16, 16, 1], 0, 1, 'float32', 1);
  const shares = tf.tidy(() => tf.softmax(model.logits(tf, params, x as never)));
  for (const share of await shares.data()) expect(share).toBeCloseTo(1 / 5, 6);
  [params, { x, shares }].forEach(dispose);
});
