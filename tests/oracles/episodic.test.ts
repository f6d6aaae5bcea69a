/** Losses in episodes, against the papers' formulas written slowly. */
import { expect, test } from 'vitest';
import { Random, range } from '../../shared/math/random.ts';
import type { Tensor2D } from '../../shared/nn/params.ts';
import { sharesOf } from '../../shared/objectives/episodic/matching-net.ts';
import { meansOf, similarities } from '../../shared/objectives/episodic/protonet.ts';
import { normal, on, tf, type Numbers } from '../kit/backends.ts';
import { matchingShares } from './matching.ts';

const WAYS = 3;
const DIM = 5;
const LABELS = [0, 0, 1, 2, 2, 2];
const SEEDS = [1, 2, 3];

function world(seed: number) {
  const random = new Random(seed);
  return { support: normal(random, LABELS.length, DIM), queries: normal(random, 4, DIM) };
}

const rowsOf = ({ shape: [rows, columns], data }: Numbers) =>
  range(rows!).map((i) => [...data.slice(i * columns!, (i + 1) * columns!)]);

const oneHot = () => tf.cast(tf.oneHot(tf.tensor1d(LABELS, 'int32'), WAYS), 'float32') as Tensor2D;

test.each(SEEDS)(
  'distances to prototypes are those of Snell et al., over the length (%d)',
  async (seed) => {
    const { support, queries } = world(seed);
    const [got] = await on('wasm', [support, queries], (s: Tensor2D, q: Tensor2D) => [
      similarities(tf, q, meansOf(tf, s, oneHot()), 'euclidean'),
    ]);
    const rows = rowsOf(support);
    rowsOf(queries).forEach((query, i) =>
      range(WAYS).forEach((way) => {
        const own = rows.filter((_, k) => LABELS[k] === way);
        const mean = range(DIM).map((d) => own.reduce((sum, row) => sum + row[d]!, 0) / own.length);
        const square = mean.reduce((sum, value, d) => sum + (value - query[d]!) ** 2, 0);
        expect(got!.data[i * WAYS + way]).toBeCloseTo(-square / DIM, 4);
      }),
    );
  },
);

test.each(SEEDS)('attention is the softmax of Vinyals et al. (%d)', async (seed) => {
  const { support, queries } = world(seed);
  const unit = (numbers: Numbers): Numbers => {
    const rows = rowsOf(numbers).map((row) => row.map((value) => value / Math.hypot(...row)));
    return { shape: numbers.shape, data: Float32Array.from(rows.flat()) };
  };
  const inputs = [unit(support), unit(queries)];
  const [got] = await on('wasm', inputs, (s: Tensor2D, q: Tensor2D) => [
    sharesOf(tf, q, s, oneHot(), 10),
  ]);
  const [s, q] = inputs.map(rowsOf) as [number[][], number[][]];
  const examples = s.map((z, i) => ({ z, label: LABELS[i]! }));
  matchingShares(examples, q, WAYS, 10).forEach((row, i) =>
    row.forEach((share, way) => expect(got!.data[i * WAYS + way]).toBeCloseTo(share, 4)),
  );
});
