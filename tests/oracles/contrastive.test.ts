import type { Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Random, range } from '../../shared/math/random.ts';
import { hardTriplets, togetherness } from '../../shared/objectives/cluster/uflst.ts';
import { matchOnce } from '../../shared/objectives/cluster/orchestra.ts';
import { regression } from '../../shared/objectives/contrastive/byol.ts';
import { infoNce } from '../../shared/objectives/contrastive/moco.ts';
import { episodeLoss } from '../../shared/objectives/contrastive/protoclr.ts';
import { taskLoss } from '../../shared/objectives/contrastive/psco.ts';
import { normal, on, tf, type Compute, type Numbers } from '../kit/backends.ts';

const table = (...rows: number[][]): Numbers => ({
  shape: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat()),
});

async function lossOf(inputs: Numbers[], compute: Compute): Promise<number> {
  const [loss] = await on('wasm', inputs, compute);
  return loss!.data[0]!;
}

const { log, exp, sqrt, E } = Math;

describe('InfoNCE with a queue of four keys of four numbers, by hand', () => {
  const queue = table([1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]);
  const none = table([0, 0, 0, 0]);
  const at = (query: number[], key: number[], same: Numbers, temperature: number) =>
    lossOf(
      [table(query), table(key), queue, same],
      (z: Tensor2D, k: Tensor2D, keys: Tensor2D, s: Tensor2D) => [
        infoNce(tf, z, k, { keys, same: s }, temperature),
      ],
    );

  test('its own key is its own, and one of the queue too', async () => {
    // Products: 1 with the key; 1, 0, 0, 0 with the queue. The query's length does not count.
    expect(await at([5, 0, 0, 0], [1, 0, 0, 0], none, 1)).toBeCloseTo(log((2 * E + 3) / E), 5);
  });

  test('halfway between two', async () => {
    const half = exp(sqrt(0.5) / 0.5);
    const loss = -log(half / (half + 2 * half + 2));
    expect(await at([3, 3, 0, 0], [0, 1, 0, 0], none, 0.5)).toBeCloseTo(loss, 5);
  });

  test('a key of the same image does not count', async () => {
    const same = table([1, 0, 0, 0]);
    expect(await at([5, 0, 0, 0], [1, 0, 0, 0], same, 1)).toBeCloseTo(log((E + 3) / E), 5);
  });
});

test.each([
  ['the same direction', [2, 0], [1, 0], 0],
  ['across', [0, 3], [1, 0], 2],
  ['opposite', [-1, 0], [1, 0], 4],
  ['at an angle of 60 degrees', [1, sqrt(3)], [1, 0], 1],
])('BYOL’s loss is 2 - 2 cos: %s', async (_, foretold, target, expected) => {
  const got = await lossOf([table(foretold), table(target)], (p: Tensor2D, t: Tensor2D) => [
    regression(tf, p, t),
  ]);
  expect(got).toBeCloseTo(expected, 5);
});

test('an episode of two ways: each query by the softmax of its cosines, by hand', async () => {
  const prototypes = table([1, 0], [0, 1]);
  // Two rounds of both ways: right, right, undecided, wrong.
  const queries = table([1, 0], [0, 1], [sqrt(0.5), sqrt(0.5)], [1, 0]);
  const got = await lossOf([prototypes, queries], (p: Tensor2D, q: Tensor2D) => [
    episodeLoss(tf, p, q, 0.5),
  ]);
  const sure = log(1 + exp(-2));
  expect(got).toBeCloseTo((sure + sure + log(2) + (2 + sure)) / 4, 5);
});

test('PsCo’s task: the mean over an image’s own shots of -log softmax over all shots', async () => {
  const random = new Random(6);
  const [query, supports] = [normal(random, 3, 5), normal(random, 6, 5)];
  const got = await lossOf([query, supports], (q: Tensor2D, s: Tensor2D) => [
    taskLoss(tf, q, s, { shots: 2, temperature: 0.7 }),
  ]);
  const row = ({ data }: Numbers, i: number) => [...data.slice(5 * i, 5 * i + 5)];
  let slow = 0;
  for (const i of range(3)) {
    const e = range(6).map((j) =>
      exp(row(query, i).reduce((sum, x, d) => sum + x * row(supports, j)[d]!, 0) / 0.7),
    );
    const all = e.reduce((a, b) => a + b);
    for (const own of [2 * i, 2 * i + 1]) slow -= log(e[own]! / all) / 2 / 3;
  }
  expect(got).toBeCloseTo(slow, 4);
});

describe('clusters of four images on the circle, at 0, 60, 90 and 180 degrees, the first two of one', () => {
  const turn = (degrees: number) => [
    Math.cos((degrees * Math.PI) / 180),
    Math.sin((degrees * Math.PI) / 180),
  ];
  const z = table(turn(0), turn(60), turn(90), turn(180));
  const same = table([1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]);
  const chord = (degrees: number) => 2 * Math.sin((degrees * Math.PI) / 360);

  test('hardest triplets: the farthest of its own, the nearest of the others', async () => {
    const got = await lossOf([z, same], (x: Tensor2D, s: Tensor2D) => [
      hardTriplets(tf, x, s, 0.5),
    ]);
    const triplets = [
      chord(60) - chord(90),
      chord(60) - chord(30),
      chord(90) - chord(30),
      chord(90) - chord(120),
    ];
    const slow = triplets.reduce((sum, hard) => sum + Math.max(0, hard + 0.5) / 4, 0);
    expect(got).toBeCloseTo(slow, 3);
  });

  test('togetherness: -log of its own one’s share of all but itself', async () => {
    const got = await lossOf([z, same], (x: Tensor2D, s: Tensor2D) => [
      togetherness(tf, x, s, 0.5),
    ]);
    const angles = [0, 60, 90, 180];
    const e = (i: number, j: number) =>
      exp(Math.cos(((angles[i]! - angles[j]!) * Math.PI) / 180) / 0.5);
    const slow = range(4).reduce((sum, i) => {
      const others = range(4).filter((j) => j !== i);
      const own = i ^ 1;
      return sum - log(e(i, own) / others.reduce((all, j) => all + e(i, j), 0)) / 4;
    }, 0);
    expect(got).toBeCloseTo(slow, 4);
  });
});

test('local clusters are matched with shared ones, closest pairs first and none twice', () => {
  // Both prefer the second shared one; the second local cluster is the closer.
  const near = Float32Array.of(0.1, 0.8, 0.5, 0.2, 0.9, 0.3);
  expect([...matchOnce(near, 2)]).toEqual([2, 1]);
});
