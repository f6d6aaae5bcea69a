import type { Points } from '../math/k-means.ts';
import { principal } from '../math/pca.ts';
import { squaredDistances } from './points.ts';

/** Beyond it the exact method takes minutes: its time and memory grow with the square. */
export const MOST_POINTS = 2000;

export type TsneOptions = {
  perplexity?: number;
  steps?: number;
  /** Steps with attraction 12 times as strong, which pull clusters apart early on. */
  exaggerated?: number;
};

const EXAGGERATION = 12;

/**
 * t-SNE, exactly (van der Maaten and Hinton 2008; gradient 5), begun from the first two principal
 * components (Kobak and Berens 2019: global structure then stays), with momentum, gains, and the rate
 * count / 12 (Belkina et al. 2019). No chance in it.
 * @returns [count, 2]  @throws when there are too few points for the perplexity, or too many
 */
export function tsne(points: Points, options: TsneOptions = {}): Points {
  const { perplexity = 30, steps = 750, exaggerated = 250 } = options;
  const { count } = points;
  if (count < 3 * perplexity + 1 || count > MOST_POINTS)
    throw new Error(
      `t-SNE: ${count} points, where ${3 * perplexity + 1} to ${MOST_POINTS} are for the perplexity ${perplexity}`,
    );
  const affinity = affinities(squaredDistances(points), count, perplexity);
  let at = begin(points);
  const speed = new Float64Array(2 * count);
  const gains = new Float64Array(2 * count).fill(1);
  const rate = Math.max(count / EXAGGERATION, 50);
  for (let step = 0; step < steps; step++) {
    const early = step < exaggerated;
    const gradient = gradientAt(at, affinity, early ? EXAGGERATION : 1);
    const momentum = early ? 0.5 : 0.8;
    at = at.map((value, i) => {
      // Jacobs' delta-bar-delta, as in the paper's own code.
      const opposed = Math.sign(gradient[i]!) !== Math.sign(speed[i]!);
      gains[i] = Math.max(0.01, opposed ? gains[i]! + 0.2 : 0.8 * gains[i]!);
      speed[i] = momentum * speed[i]! - rate * gains[i]! * gradient[i]!;
      return value + speed[i]!;
    });
  }
  return { data: Float32Array.from(at), count, dim: 2 };
}

/**
 * p_ij = (p_j|i + p_i|j) / 2n, each row's width such that 2^entropy is the perplexity (equations 1 and
 * 2.3 of the paper): [count, count].
 */
export function affinities(squares: Float64Array, count: number, perplexity: number): Float64Array {
  const joint = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    const row = conditional(squares.subarray(i * count, (i + 1) * count), i, Math.log(perplexity));
    row.forEach((p, j) => {
      joint[i * count + j]! += p / (2 * count);
      joint[j * count + i]! += p / (2 * count);
    });
  }
  return joint;
}

/** p_j|i for all j, by bisection of the precision until the entropy is the wanted one, in nats. */
function conditional(squares: Float64Array, self: number, entropy: number): Float64Array {
  const nearest = squares.reduce((a, b, j) => (j === self ? a : Math.min(a, b)), Infinity);
  const at = (precision: number) => {
    const parts = squares.map((d, j) => (j === self ? 0 : Math.exp((nearest - d) * precision)));
    const sum = parts.reduce((a, b) => a + b, 0);
    return parts.map((part) => part / sum);
  };
  let [low, high, precision] = [0, Infinity, 1];
  let p = at(precision);
  for (let turn = 0; turn < 64; turn++) {
    const off = p.reduce((h, one) => (one > 0 ? h - one * Math.log(one) : h), 0) - entropy;
    if (Math.abs(off) < 1e-6) break;
    if (off > 0) low = precision;
    else high = precision;
    precision = high === Infinity ? 2 * precision : (low + high) / 2;
    p = at(precision);
  }
  return p;
}

/** 4 * sum_j (e p_ij - q_ij) (y_i - y_j) / (1 + |y_i - y_j|^2): [count, 2]. */
export function gradientAt(
  at: Float64Array,
  affinity: Float64Array,
  exaggeration: number,
): Float64Array {
  const count = at.length / 2;
  const near = new Float64Array(count * count);
  let sum = 0;
  for (let i = 0; i < count; i++)
    for (let j = 0; j < i; j++) {
      const [x, y] = [at[2 * i]! - at[2 * j]!, at[2 * i + 1]! - at[2 * j + 1]!];
      near[i * count + j] = 1 / (1 + x * x + y * y);
      sum += 2 * near[i * count + j]!;
    }
  const gradient = new Float64Array(2 * count);
  for (let i = 0; i < count; i++)
    for (let j = 0; j < i; j++) {
      const q = near[i * count + j]!;
      const pull = 4 * (exaggeration * affinity[i * count + j]! - q / sum) * q;
      for (let k = 0; k < 2; k++) {
        const force = pull * (at[2 * i + k]! - at[2 * j + k]!);
        gradient[2 * i + k]! += force;
        gradient[2 * j + k]! -= force;
      }
    }
  return gradient;
}

/** The first two principal components, the first with a deviation of 1e-4. */
function begin(points: Points): Float64Array {
  const { data, count, dim } = principal(points, { components: 2 });
  const at = new Float64Array(2 * count);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < Math.min(dim, 2); k++) at[2 * i + k] = data[i * dim + k]!;
  const deviation = Math.sqrt(at.reduce((s, x, i) => (i % 2 ? s : s + x * x), 0) / count) || 1;
  return at.map((x) => (1e-4 * x) / deviation);
}
