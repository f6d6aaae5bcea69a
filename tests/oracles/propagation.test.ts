import { describe, expect, test } from 'vitest';
import {
  conjugateGradient,
  graphOf,
  nearestEdges,
  propagate,
  type Edge,
} from '../../shared/math/propagation.ts';
import { Random, range } from '../../shared/math/random.ts';
import { clearLabels } from '../../shared/objectives/semi/label-propagation.ts';

/** Gauss and Jordan, with the largest pivot first. */
function solveSlowly(matrix: readonly (readonly number[])[], b: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, b[i]!]);
  for (const k of range(b.length)) {
    const below = range(b.length).slice(k);
    const pivot = below.reduce((p, q) => (Math.abs(rows[q]![k]!) > Math.abs(rows[p]![k]!) ? q : p));
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    rows[k] = rows[k]!.map((value) => value / rows[k]![k]!);
    for (const i of range(b.length))
      if (i !== k) rows[i] = rows[i]!.map((value, j) => value - rows[i]![k]! * rows[k]![j]!);
  }
  return rows.map((row) => row.at(-1)!);
}

/** Iscen et al. 2019, section 3.2, with whole matrices: W = A + A', S = D^-1/2 W D^-1/2, (I - alpha S) Z = Y. */
function propagateSlowly(count: number, edges: readonly Edge[], labels: number[], alpha: number) {
  const w = range(count).map(() => range(count).map(() => 0));
  for (const [from, to, weight] of edges) {
    w[from]![to]! += weight;
    w[to]![from]! += weight;
  }
  const degrees = w.map((row) => row.reduce((a, b) => a + b));
  const matrix = w.map((row, i) =>
    row.map((by, j) => Number(i === j) - (alpha * by) / Math.sqrt(degrees[i]! * degrees[j]!)),
  );
  return [0, 1].map((c) => {
    const members = labels.filter((label) => label === c).length;
    return solveSlowly(
      matrix,
      labels.map((label) => Number(label === c) / members),
    );
  });
}

type Point = readonly [number, number];

/** Two half circles that reach into each other, in noise; the first four of each are labelled. */
function twoMoons(
  each: number,
  noise: number,
  random: Random,
): { points: Point[]; truth: number[] } {
  const points = range(2 * each).map((i): Point => {
    const angle = Math.PI * random.next();
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    const at = i < each ? [x, y] : [1 - x, 0.5 - y];
    return [at[0]! + noise * random.normal(), at[1]! + noise * random.normal()];
  });
  return { points, truth: range(2 * each).map((i) => Number(i >= each)) };
}

function edgesOf(points: readonly Point[], near: number, width: number): Edge[] {
  return points.flatMap(([x, y], node) => {
    const similarities = points.map(([a, b]) => -((a - x) ** 2 + (b - y) ** 2));
    return nearestEdges(node, similarities, near, (by) => Math.exp(by / (2 * width ** 2)));
  });
}

test('conjugate gradients come to the dense solution of a random positive definite system', () => {
  const random = new Random(1);
  const root = range(12).map(() => range(12).map(() => random.normal()));
  const matrix = root.map((a, i) =>
    root.map((b, j) => a.reduce((sum, value, k) => sum + value * b[k]!, Number(i === j))),
  );
  const b = range(12).map(() => random.normal());
  const product = (x: Float64Array) =>
    Float64Array.from(matrix, (row) => row.reduce((sum, value, j) => sum + value * x[j]!, 0));
  const got = conjugateGradient(product, Float64Array.from(b), 40);
  solveSlowly(matrix, b).forEach((value, i) => expect(got[i]).toBeCloseTo(value, 5));
});

describe('propagation', () => {
  test.each([0.5, 0.9, 0.99])('at alpha %d is the one with whole matrices', (alpha) => {
    const { points } = twoMoons(15, 0.1, new Random(2));
    const labels = range(30).map((i) => (i < 2 ? 0 : i >= 15 && i < 18 ? 1 : -1));
    const edges = edgesOf(points, 4, 0.3);
    const options = { classes: 2, alpha, iterations: 100 };
    const got = propagate(graphOf(30, edges), labels, options);
    propagateSlowly(30, edges, labels, alpha).forEach((column, c) =>
      column.forEach((value, node) => expect(got[2 * node + c]).toBeCloseTo(value, 5)),
    );
  });

  test('by hand: a chain hands on what its ends are', () => {
    const chain = range(5).map((i): Edge => [i, i + 1, 1]);
    const options = { classes: 2, alpha: 0.9, iterations: 50 };
    const reached = propagate(graphOf(6, chain), [0, -1, -1, -1, -1, 1], options);
    expect([...clearLabels(Float32Array.from(reached), 2).labels]).toEqual([0, 0, 0, 1, 1, 1]);
  });

  test('two moons, eight labels: 94 % of five seeds’ points, the mean', () => {
    const accuracies = range(5).map((seed) => {
      const { points, truth } = twoMoons(150, 0.1, new Random(seed + 1));
      const labels = truth.map((label, i) => (i % 150 < 4 ? label : -1));
      const options = { classes: 2, alpha: 0.99, iterations: 20 };
      const reached = propagate(graphOf(300, edgesOf(points, 10, 0.15)), labels, options);
      const got = clearLabels(Float32Array.from(reached), 2).labels;
      return truth.filter((label, i) => got[i] === label).length / truth.length;
    });
    expect(accuracies.reduce((a, b) => a + b) / 5).toBeGreaterThanOrEqual(0.94);
  });
});

test('how much an image counts, by hand: clear ones whole, even ones not, rare classes more', () => {
  const reached = Float32Array.of(2, 0, 0.5, 0, 3, 0, 0, 0.1, 1, 1, 0, 0);
  const { labels, weights, kept } = clearLabels(reached, 2);
  expect([...labels.slice(0, 4)]).toEqual([0, 0, 0, 1]);
  expect(kept).toEqual([0, 1, 2, 3]);
  // Four are left: of class 0 three, each counts 4 / (2 * 3); of class 1 one, which counts 4 / 2.
  [2 / 3, 2 / 3, 2 / 3, 2, 0, 0].forEach((weight, i) => expect(weights[i]).toBeCloseTo(weight, 6));
});
