import type { Tensor2D } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { Random, range } from '../../shared/math/random.ts';
import { sinkhorn } from '../../shared/math/sinkhorn.ts';
import { normal, on, tf, type Numbers } from '../kit/backends.ts';

async function plan(scores: Numbers, epsilon: number, rounds = 50): Promise<number[][]> {
  const [made] = await on('wasm', [scores], (x: Tensor2D) => [
    sinkhorn(tf, x, { epsilon, rounds }),
  ]);
  const [rows, columns] = made!.shape as [number, number];
  return range(rows).map((i) => [...made!.data.slice(i * columns, (i + 1) * columns)]);
}

/** Cuturi 2013, algorithm 1, in double precision: rows and columns of exp(score / epsilon) rescaled in turn. */
function slowly({ shape: [rows, columns], data }: Numbers, epsilon: number, rounds: number) {
  let table = range(rows!).map((i) =>
    range(columns!).map((j) => Math.exp(data[i * columns! + j]! / epsilon)),
  );
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  for (const _ of range(rounds)) {
    const heights = range(columns!).map((j) => sum(table.map((row) => row[j]!)));
    table = table.map((row) => row.map((value, j) => value / heights[j]!));
    table = table.map((row) => row.map((value) => value / sum(row)));
  }
  return table;
}

test('its margins: rows sum to one, columns to an equal share of all', async () => {
  for (const [rows, columns] of [
    [12, 3],
    [5, 8],
    [1, 4],
    [7, 7],
  ] as const) {
    const table = await plan(normal(new Random(1), rows, columns), 0.5, 60);
    for (const row of table) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    for (const j of range(columns)) {
      const share = table.reduce((sum, row) => sum + row[j]!, 0);
      expect(share).toBeCloseTo(rows / columns, 3);
    }
  }
});

test('is the slow one, after any number of rounds', async () => {
  const scores = normal(new Random(2), 6, 4);
  for (const [epsilon, rounds] of [
    [1, 1],
    [0.3, 3],
    [0.1, 10],
  ] as const) {
    const slow = slowly(scores, epsilon, rounds);
    (await plan(scores, epsilon, rounds)).forEach((row, i) =>
      row.forEach((value, j) => expect(value).toBeCloseTo(slow[i]![j]!, 4)),
    );
  }
});

test('a small epsilon chooses: the best of all fair assignments', async () => {
  // Both rows prefer the first column; the second row loses less by giving way.
  const table = await plan({ shape: [2, 2], data: Float32Array.of(1, 0, 0.9, 0.6) }, 0.01);
  expect(table.map((row) => row.indexOf(Math.max(...row)))).toEqual([0, 1]);
  expect(table[0]![0]).toBeGreaterThan(0.999);
});
