/** Evaluations on frozen embeddings, against slow or by-hand versions of their definitions. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clusteringAccuracy,
  normalisedMutualInformation,
} from '../../shared/evaluate/clustering.ts';
import { confusionOf } from '../../shared/evaluate/confusion.ts';
import { knnProbe } from '../../shared/evaluate/knn-probe.ts';
import { fitLinearProbe, namedBy } from '../../shared/evaluate/linear-probe.ts';
import { accuracy, type LabelledPoints } from '../../shared/evaluate/points.ts';
import { affinities, gradientAt, tsne } from '../../shared/evaluate/t-sne.ts';
import { trustworthiness } from '../../shared/evaluate/trustworthiness.ts';
import { Random, range } from '../../shared/math/random.ts';

/** Classes around corners of a cube, this far apart in deviations. */
function blobs(count: number, classes: number, apart: number, seed = 1): LabelledPoints {
  const random = new Random(seed);
  const dim = 5;
  const labels = Int32Array.from(range(count), (i) => i % classes);
  const data = Float32Array.from(
    range(count * dim),
    (i) => random.normal() + apart * (labels[Math.floor(i / dim)] === i % dim ? 1 : 0),
  );
  return { data, count, dim, labels };
}

function permutations(items: number[]): number[][] {
  if (items.length < 2) return [items];
  return items.flatMap((one, i) =>
    permutations(items.filter((_, k) => k !== i)).map((rest) => [one, ...rest]),
  );
}

const groups = (most: number) =>
  fc.array(fc.tuple(fc.nat(most - 1), fc.nat(most - 1)), { minLength: 1, maxLength: 40 });

describe('clustering', () => {
  test('accuracy is the best over all ways to name the clusters', () => {
    fc.assert(
      fc.property(groups(5), (pairs) => {
        const [labels, clusters] = [0, 1].map((k) => Int32Array.from(pairs, (pair) => pair[k]!));
        const shares = permutations(range(5)).map((names) =>
          accuracy(
            [...clusters!].map((cluster) => names[cluster]!),
            labels!,
          ),
        );
        expect(clusteringAccuracy(labels!, clusters!)).toBeCloseTo(Math.max(...shares));
      }),
      { numRuns: 50 },
    );
  });

  test('NMI by hand: the same, independent, and one cluster split in two', () => {
    const of = (...numbers: number[]) => Int32Array.from(numbers);
    const nmi = normalisedMutualInformation;
    expect(nmi(of(0, 0, 1, 1), of(1, 1, 0, 0))).toBeCloseTo(1);
    expect(nmi(of(0, 0, 1, 1), of(0, 1, 0, 1))).toBeCloseTo(0);
    // One bit and two bits; one bit in common.
    expect(nmi(of(0, 0, 1, 1), of(0, 1, 2, 3))).toBeCloseTo(1 / 1.5);
    expect(nmi(of(0, 0), of(0, 0))).toBe(1);
  });
});

test('a confusion matrix has a row for every true class', () => {
  expect([...confusionOf([0, 0, 1, 2], [0, 1, 1, 0], 3)]).toEqual([1, 1, 0, 0, 1, 0, 1, 0, 0]);
  expect(() => confusionOf([3], [0], 3)).toThrow('class 3');
});

describe('k nearest neighbours', () => {
  test('by hand: two near votes of one class outweigh three far ones of the other', () => {
    const known = {
      ...{ data: Float32Array.of(1, 0, 1, 0.1, 0, 1, 0, 2, 0, 3), count: 5, dim: 2 },
      labels: Int32Array.of(0, 0, 1, 1, 1),
    };
    const query = { data: Float32Array.of(2, 0.2), count: 1, dim: 2, labels: Int32Array.of(0) };
    expect([...knnProbe(known, query, 5)]).toEqual([0]);
    expect([...knnProbe(known, { ...query, data: Float32Array.of(0.5, 2) }, 1)]).toEqual([1]);
    expect(() => knnProbe(known, query, 0)).toThrow('no neighbours');
  });

  test('tells apart what lies apart', () => {
    const [known, queries] = [blobs(200, 4, 8), blobs(80, 4, 8, 2)];
    expect(accuracy(knnProbe(known, queries, 20), queries.labels)).toBeGreaterThan(0.97);
  });
});

describe('linear probe', () => {
  test('is where plain descent comes to in the end', () => {
    const data = blobs(60, 3, 1);
    const options = { classes: 3, l2: 0.01, steps: 3000 };
    const { weights, mean, scale } = fitLinearProbe(data, options);
    const slow = slowDescent(data, { mean, scale }, 0.01);
    slow.forEach((w, i) => expect(weights[i]).toBeCloseTo(w, 3));
  });

  test('names what lies apart, and comes to the same again', () => {
    const [data, queries] = [blobs(200, 4, 5), blobs(80, 4, 5, 2)];
    const probe = fitLinearProbe(data, { classes: 4 });
    expect(accuracy(namedBy(probe, queries), queries.labels)).toBeGreaterThan(0.95);
    expect(fitLinearProbe(data, { classes: 4 })).toEqual(probe);
  });
});

/** Of mean cross-entropy + l2/2 |w|^2 (the bias free), one small step after another. */
function slowDescent(
  { data, count, dim, labels }: LabelledPoints,
  { mean, scale }: { mean: Float64Array; scale: Float64Array },
  l2: number,
): number[] {
  const x = range(count).map((i) => [
    ...range(dim).map((k) => (data[i * dim + k]! - mean[k]!) * scale[k]!),
    1,
  ]);
  let w = range(3).map(() => Array<number>(dim + 1).fill(0));
  for (let step = 0; step < 4000; step++) {
    const p = x.map((row) => {
      const scores = w.map((line) => Math.exp(line.reduce((s, one, k) => s + one * row[k]!, 0)));
      return scores.map((one) => one / scores.reduce((a, b) => a + b, 0));
    });
    w = w.map((line, c) =>
      line.map((one, k) => {
        const pull = x.reduce((s, row, i) => s + (p[i]![c]! - +(labels[i] === c)) * row[k]!, 0);
        return one - 0.5 * (pull / count + (k < dim ? l2 * one : 0));
      }),
    );
  }
  return w.flat();
}

describe('t-SNE', () => {
  test('every point has the perplexity that was asked', () => {
    const random = new Random(3);
    const count = 40;
    const squares = new Float64Array(count * count);
    for (let i = 0; i < count; i++)
      for (let j = 0; j < i; j++)
        squares[i * count + j] = squares[j * count + i] = 100 * random.next();
    const joint = affinities(squares, count, 8);
    expect(joint.reduce((a, b) => a + b, 0)).toBeCloseTo(1);
    // Two equal halves with nothing between: each point's share is spread over its half's others.
    const far = Float64Array.from(range(16), (i) =>
      Math.floor(i / 8) === Math.floor((i % 4) / 2) ? 0 : 1e6,
    );
    const halves = affinities(far, 4, 1 + 1e-9);
    expect(halves[1]).toBeCloseTo(1 / 4);
    expect(halves[2]).toBeCloseTo(0);
  });

  test('the gradient is that of the divergence, by differences', () => {
    const random = new Random(4);
    const [count, at] = [6, Float64Array.from(range(12), () => random.normal())];
    const squares = Float64Array.from(range(36), (i) =>
      Math.floor(i / 6) === i % 6 ? 0 : 1 + ((Math.floor(i / 6) + (i % 6)) % 5),
    );
    const p = affinities(squares, count, 2);
    const divergence = (y: Float64Array) => {
      const near = range(36).map((i) => {
        const [a, b] = [Math.floor(i / 6), i % 6];
        const d = (y[2 * a]! - y[2 * b]!) ** 2 + (y[2 * a + 1]! - y[2 * b + 1]!) ** 2;
        return a === b ? 0 : 1 / (1 + d);
      });
      const sum = near.reduce((a, b) => a + b, 0);
      return near.reduce((kl, q, i) => (q > 0 ? kl + p[i]! * Math.log((p[i]! * sum) / q) : kl), 0);
    };
    gradientAt(at, p, 1).forEach((g, i) => {
      const [up, down] = [1e-5, -1e-5].map((by) => at.map((x, k) => (k === i ? x + by : x)));
      expect(g).toBeCloseTo((divergence(up!) - divergence(down!)) / 2e-5, 5);
    });
  });

  test('draws what lies apart apart, the same way every time', () => {
    const points = blobs(120, 4, 10);
    const picture = tsne(points, { perplexity: 15, steps: 300, exaggerated: 100 });
    const known = { ...picture, labels: points.labels };
    expect(nearestLabels(known)).toBeGreaterThan(0.97);
    expect(trustworthiness(points, picture, 10)).toBeGreaterThan(0.85);
    expect(tsne(points, { perplexity: 15, steps: 300, exaggerated: 100 })).toEqual(picture);
    expect(() => tsne(points, { perplexity: 40 })).toThrow('121 to 2000');
  });
});

/** Share of points whose nearest other point has their class. */
function nearestLabels({ data, count, labels }: LabelledPoints): number {
  const nearest = range(count).map((i) => {
    const away = (j: number) =>
      Math.hypot(data[2 * i]! - data[2 * j]!, data[2 * i + 1]! - data[2 * j + 1]!);
    return range(count)
      .filter((j) => j !== i)
      .reduce((a, b) => (away(b) < away(a) ? b : a));
  });
  return accuracy(
    nearest.map((j) => labels[j]!),
    labels,
  );
}

describe('trustworthiness', () => {
  const line = (...at: number[]) => ({ data: Float32Array.from(at), count: at.length, dim: 1 });

  test('by hand: the first and the last of six on a line change places in the picture', () => {
    const truth = line(0, 1, 2.1, 3.3, 4.6, 6);
    const picture = line(6, 1, 2.1, 3.3, 4.6, 0);
    // k = 1. In the picture 0 is next to 4 (in truth its 4th), 1 to 5 (its 5th), 5 to 1 (its 4th); the others as in truth.
    const strangers = 3 + 4 + 3;
    expect(trustworthiness(truth, picture, 1)).toBeCloseTo(
      1 - (2 * strangers) / (6 * (12 - 3 - 1)),
    );
    expect(trustworthiness(truth, truth, 2)).toBe(1);
    expect(() => trustworthiness(truth, picture, 3)).toThrow('3 neighbours of 6');
  });
});
