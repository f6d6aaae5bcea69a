import { expect, test } from 'vitest';
import { Random, range } from '../../shared/math/random.ts';
import { createModel, type Model } from '../../shared/nn/model.ts';
import type { Tensor2D, Tensor4D } from '../../shared/nn/params.ts';
import { adversarial } from '../../shared/objectives/semi/vat.ts';
import { normal, tf } from '../kit/backends.ts';
import { softmax, type Rows } from './fixmatch.ts';

const [PIXELS, CLASSES, BATCH] = [4, 3, 5];

/** Four pixels, one layer of tangents, three classes: bent enough to have a Hessian of its own everywhere. */
const MODEL: Model = {
  ...createModel({
    net: 'strided',
    input: { size: 2, channels: 1 },
    classes: CLASSES,
    heads: ['cls'],
  }),
  logits: (_, params, x) =>
    tf.matMul(
      tf.tanh(tf.matMul(tf.reshape(x, [-1, PIXELS]), params['first'] as Tensor2D)),
      params['second'] as Tensor2D,
    ) as Tensor2D,
};

const rowsOf = ({ data }: { data: Float32Array }, columns: number): Rows =>
  range(data.length / columns).map((i) => [...data.slice(i * columns, (i + 1) * columns)]);
const times = (x: readonly number[], weights: Rows): number[] =>
  weights[0]!.map((_, j) => x.reduce((sum, value, i) => sum + value * weights[i]![j]!, 0));
const unit = (x: readonly number[]): number[] => x.map((value) => value / Math.hypot(...x));

const random = new Random(5);
const first = normal(random, PIXELS, 6);
const second = normal(random, 6, CLASSES);
const images = normal(random, BATCH, 2, 2, 1);
const start = normal(random, BATCH, 2, 2, 1);

/** What the prediction at x diverges by from the one at x + d, in doubles. */
function divergence(x: readonly number[], d: readonly number[]): number {
  const predict = (at: readonly number[]) =>
    softmax(times(times(at, rowsOf(first, 6)).map(Math.tanh), rowsOf(second, CLASSES)));
  const [p, q] = [predict(x), predict(x.map((value, i) => value + d[i]!))];
  return p.reduce((sum, pc, c) => sum + pc * Math.log(pc / q[c]!), 0);
}

/** The Hessian of the divergence at no change, times v, by second differences. */
function hessianTimes(x: readonly number[], v: readonly number[]): number[] {
  const h = 1e-3;
  return range(PIXELS).map((i) => {
    const at = (a: number, b: number) =>
      divergence(
        x,
        v.map((value, j) => h * (b * value + a * Number(i === j))),
      );
    return (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * h * h);
  });
}

async function directions(iterations: number, scale = 1): Promise<Rows> {
  const params = Object.fromEntries(
    Object.entries({ first, second }).map(([name, of]) => [
      name,
      tf.tensor(
        of.data.map((w) => scale * w),
        of.shape,
      ),
    ]),
  );
  const inputs = [images, start].map(({ data, shape }) => tf.tensor(data, shape));
  const [x, from] = inputs as Tensor4D[];
  const made = tf.tidy(() => {
    const target = tf.softmax(MODEL.logits(tf, params, x!));
    return adversarial(tf, MODEL, params, x!, target, { start: from!, iterations });
  });
  const data = (await made.data()) as Float32Array;
  [made, x!, from!, ...Object.values(params)].forEach((tensor) => tensor.dispose());
  return rowsOf({ data }, PIXELS);
}

const cosine = (a: readonly number[], b: readonly number[]) =>
  unit(a).reduce((sum, value, i) => sum + value * unit(b)[i]!, 0);

test.each([1, 5])(
  'after %d turns of the power iteration every change has length one',
  async (turns) => {
    for (const d of await directions(turns)) expect(Math.hypot(...d)).toBeCloseTo(1, 5);
  },
);

test('one turn multiplies the start by the Hessian', async () => {
  const made = await directions(1);
  rowsOf(images, PIXELS).forEach((x, i) =>
    expect(cosine(made[i]!, hessianTimes(x, rowsOf(start, PIXELS)[i]!))).toBeGreaterThan(0.98),
  );
});

test('more turns come to where the divergence grows fastest', async () => {
  const made = await directions(5);
  rowsOf(images, PIXELS).forEach((x, i) => {
    let top = [...rowsOf(start, PIXELS)[i]!];
    for (let turn = 0; turn < 200; turn++) top = unit(hessianTimes(x, top));
    expect(Math.abs(cosine(made[i]!, top))).toBeGreaterThan(0.97);
  });
});

test('a classifier that is still zero is confused by nothing: no change, and no NaN', async () => {
  for (const d of await directions(1, 0)) expect(d).toEqual([0, 0, 0, 0]);
});
