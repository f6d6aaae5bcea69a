import { pointOf, type LabelledPoints } from './points.ts';

export type LinearProbeOptions = {
  classes: number;
  /** Weight of |w|^2 / 2 beside the mean cross-entropy; the bias is free. */
  l2?: number;
  /** The most steps; it ends earlier where the gradient is below 1e-5. */
  steps?: number;
};

/** [classes, dim + 1] in rows, the bias last, on standardised features. */
export type LinearProbe = { weights: Float64Array; mean: Float64Array; scale: Float64Array };

/**
 * Multinomial logistic regression on frozen embeddings: the whole set at every step, from zero, by
 * Nesterov's accelerated descent at the rate that the loss's curvature allows. Convex and without
 * chance: whoever has the embeddings comes to the same probe.
 * @throws when there are no rows
 */
export function fitLinearProbe(data: LabelledPoints, options: LinearProbeOptions): LinearProbe {
  const { classes, l2 = 1e-2, steps = 200 } = options;
  const { count } = data;
  if (count === 0) throw new Error('linear probe: there are no labelled images');
  const { mean, scale } = moments(data);
  const x = standardised(data, { mean, scale });
  const width = data.dim + 1;
  // Of the softmax the curvature is at most half of the features' (Boehning 1992).
  const rate = 1 / (0.5 * largestEigenvalue(x, count, width) + l2);
  let weights = new Float64Array(classes * width);
  let ahead = weights;
  for (let step = 1; step <= steps; step++) {
    const gradient = gradientAt(ahead, { x, labels: data.labels, width, classes, l2 });
    const next = ahead.map((w, i) => w - rate * gradient[i]!);
    const push = (step - 1) / (step + 2);
    ahead = next.map((w, i) => w + push * (w - weights[i]!));
    weights = next;
    if (gradient.every((g) => Math.abs(g) < 1e-5)) break;
  }
  return { weights, mean, scale };
}

/** The class with the highest score for each row. */
export function namedBy({ weights, mean, scale }: LinearProbe, data: LabelledPoints): Int32Array {
  const width = data.dim + 1;
  const classes = weights.length / width;
  const x = standardised(data, { mean, scale });
  return Int32Array.from(data.labels, (_, i) => {
    const scores = scoresOf(weights, x.subarray(i * width, (i + 1) * width), classes);
    return scores.indexOf(Math.max(...scores));
  });
}

type Problem = {
  x: Float64Array;
  labels: Int32Array;
  width: number;
  classes: number;
  l2: number;
};

/** Of the mean cross-entropy plus l2 / 2 |w|^2. */
function gradientAt(weights: Float64Array, { x, labels, width, classes, l2 }: Problem) {
  const gradient = new Float64Array(weights.length);
  labels.forEach((label, i) => {
    const row = x.subarray(i * width, (i + 1) * width);
    const scores = scoresOf(weights, row, classes);
    const most = Math.max(...scores);
    const parts = scores.map((score) => Math.exp(score - most));
    const sum = parts.reduce((a, b) => a + b, 0);
    for (let c = 0; c < classes; c++) {
      const wrong = (parts[c]! / sum - (c === label ? 1 : 0)) / labels.length;
      for (let k = 0; k < width; k++) gradient[c * width + k]! += wrong * row[k]!;
    }
  });
  return gradient.map((g, i) => g + (i % width === width - 1 ? 0 : l2 * weights[i]!));
}

function scoresOf(weights: Float64Array, row: Float64Array, classes: number): Float64Array {
  return Float64Array.from({ length: classes }, (_, c) => {
    let score = 0;
    for (let k = 0; k < row.length; k++) score += weights[c * row.length + k]! * row[k]!;
    return score;
  });
}

function moments({ data, dim, count }: LabelledPoints) {
  const mean = new Float64Array(dim);
  const square = new Float64Array(dim);
  data.forEach((value, i) => {
    mean[i % dim]! += value / count;
    square[i % dim]! += value ** 2 / count;
  });
  // A feature that never changes says nothing, and must not be blown up.
  const scale = square.map((s, k) => 1 / Math.sqrt(Math.max(s - mean[k]! ** 2, 1e-8)));
  return { mean, scale };
}

/** [count, dim + 1]: each feature with mean 0 and deviation 1, then a one for the bias. */
function standardised(
  points: LabelledPoints,
  { mean, scale }: { mean: Float64Array; scale: Float64Array },
): Float64Array {
  const width = points.dim + 1;
  const x = new Float64Array(points.count * width).fill(1);
  for (let i = 0; i < points.count; i++)
    pointOf(points, i).forEach((value, k) => (x[i * width + k] = (value - mean[k]!) * scale[k]!));
  return x;
}

/** Of x^T x / count, by power iteration, and a little more: it comes from below. */
function largestEigenvalue(x: Float64Array, count: number, width: number): number {
  let v = new Float64Array(width).fill(1 / Math.sqrt(width));
  let length = 0;
  for (let turn = 0; turn < 30; turn++) {
    const next = new Float64Array(width);
    for (let i = 0; i < count; i++) {
      const row = x.subarray(i * width, (i + 1) * width);
      const along = row.reduce((sum, value, k) => sum + value * v[k]!, 0) / count;
      row.forEach((value, k) => (next[k]! += along * value));
    }
    length = Math.hypot(...next);
    v = next.map((value) => value / length);
  }
  return 1.05 * length;
}
