import { expect, test } from 'vitest';
import { likeliest, sharpened } from '../../shared/math/distribution.ts';
import { betaShare, mixed, mixShares } from '../../shared/math/mixup.ts';
import { quarterTurned } from '../../shared/math/quarter-turns.ts';
import { Random, range } from '../../shared/math/random.ts';
import type { Tensor, Tensor2D, Tensor4D } from '../../shared/nn/params.ts';
import { agree, normal, on, tf } from '../kit/backends.ts';
import { CLASSES, softmaxes, tableOf } from './fixmatch-round.ts';
import { argMax, sharpen } from './fixmatch.ts';

const [OWN, OTHER] = [1, 2].map((seed) => normal(new Random(seed), 3, 2, 2, 1));
const mix = (shares: number[]) =>
  on('wasm', [OWN!, OTHER!], (a: Tensor, b: Tensor) => [mixed(tf, a, b, shares)]);

test('MixUp with a share of 1 changes nothing, with 0 leaves the other', async () => {
  expect(await mix([1, 1, 1])).toEqual([OWN]);
  expect(await mix([0, 0, 0])).toEqual([OTHER]);
});

test('MixUp is the mean that its rows’ shares say', async () => {
  const shares = [0.9, 0.5, 0.75];
  const wanted = OWN!.data.map((a, i) => {
    const share = shares[Math.floor(i / 4)]!;
    return share * a + (1 - share) * OTHER!.data[i]!;
  });
  const [made] = await mix(shares);
  wanted.forEach((value, i) => expect(made!.data[i]).toBeCloseTo(value, 6));
});

test.each([0.2, 0.75, 1])('Beta(%d, itself) has its mean and its variance', (alpha) => {
  const random = new Random(3);
  const draws = range(20_000).map(() => betaShare(alpha, random));
  const mean = draws.reduce((a, b) => a + b) / draws.length;
  const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
  expect(mean).toBeCloseTo(0.5, 2);
  expect(variance).toBeCloseTo(1 / (4 * (2 * alpha + 1)), 2);
});

test('MixMatch keeps the larger share for the image itself', () => {
  const shares = mixShares(1000, 0.75, new Random(1));
  expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.5);
  expect(Math.max(...shares)).toBeGreaterThan(0.99);
});

const ROWS = softmaxes(tableOf(5, 3));
const TABLE = { shape: [5, CLASSES], data: Float32Array.from(ROWS.flat()) };

test.each([1, 0.5, 0.3])('sharpening to %d is the slow one', async (temperature) => {
  const made = await on('wasm', [TABLE], (rows: Tensor) => [sharpened(tf, rows, temperature)]);
  const slow = sharpen(ROWS, temperature).flat();
  slow.forEach((value, i) => expect(made[0]!.data[i]).toBeCloseTo(value, 5));
});

test('sharpening to the utmost names the likeliest class', async () => {
  const made = await on('wasm', [TABLE], (rows: Tensor2D) => [
    sharpened(tf, tf.add(rows, likeliest(tf, rows)), 0.03),
    likeliest(tf, rows),
  ]);
  agree([made[0]!], [made[1]!], 1e-3);
  const hot = ROWS.flatMap((row) => row.map((_, c) => Number(c === argMax(row))));
  expect([...made[1]!.data]).toEqual(hot);
});

test('quarter turns by hand, against the clock', async () => {
  const image = [1, 2, 3, 4];
  const four = { shape: [4, 2, 2, 1], data: Float32Array.from(range(4).flatMap(() => image)) };
  const [made] = await on('wasm', [four], (x: Tensor4D) => [quarterTurned(tf, x, [0, 1, 2, 3])]);
  const turned = [image, [2, 4, 1, 3], [4, 3, 2, 1], [3, 1, 4, 2]];
  expect([...made!.data]).toEqual(turned.flat());
});
