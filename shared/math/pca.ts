import type { Points } from './k-means.ts';
import { Random } from './random.ts';

/** Rounds of the iteration: what is left of a direction shrinks by the ratio of two variances in each. */
const ROUNDS = 10;
/** Variance below which a direction is taken for rounding and left out, as a share of the first one's. */
const NOISE = 1e-6;

/**
 * Principal components by orthogonal iteration (Golub and Van Loan 2013, section 7.3.2), without ever
 * making the covariance: the embedding is wide, the components are few.
 * @param components at most as many; fewer where the points vary in fewer directions
 * @param whiten divides each coordinate by its standard deviation (DeepCluster, section 3.3)
 * @returns the points in the coordinates of the components, the widest first
 */
export function principal(
  points: Points,
  { components, whiten = false }: { components: number; whiten?: boolean },
): Points {
  const centred = centre(points);
  const { count, dim } = centred;
  const most = Math.min(components, dim, Math.max(count - 1, 1));
  const random = new Random(1);
  let axes: Float64Array[] = Array.from({ length: most }, () =>
    Float64Array.from({ length: dim }, () => random.normal()),
  );
  orthonormalise(axes);
  for (let round = 0; round < ROUNDS; round++) {
    axes = axes.map((axis) => spreadAlong(centred, project(centred, axis)));
    orthonormalise(axes);
  }
  const along = axes.map((axis) => project(centred, axis));
  const variances = along.map((values) => values.reduce((sum, x) => sum + x * x, 0) / count);
  const first = Math.max(...variances, Number.MIN_VALUE);
  const kept = [...variances.keys()]
    .filter((k) => variances[k]! > NOISE * first)
    .sort((a, b) => variances[b]! - variances[a]!);
  const data = new Float32Array(count * kept.length);
  kept.forEach((k, column) => {
    const scale = whiten ? 1 / Math.sqrt(variances[k]!) : 1;
    along[k]!.forEach((value, i) => (data[i * kept.length + column] = value * scale));
  });
  return { data, count, dim: kept.length };
}

function centre({ data, count, dim }: Points): Points {
  const mean = new Float64Array(dim);
  data.forEach((value, i) => (mean[i % dim]! += value / count));
  return { data: data.map((value, i) => value - mean[i % dim]!), count, dim };
}

/** Each point's coordinate along an axis. */
function project({ data, count, dim }: Points, axis: Float64Array): Float64Array {
  const values = new Float64Array(count);
  for (let i = 0, at = 0; i < count; i++) {
    let sum = 0;
    for (let d = 0; d < dim; d++, at++) sum += data[at]! * axis[d]!;
    values[i] = sum;
  }
  return values;
}

/** The sum of all points, each times its value: one multiplication by the covariance, with `project`. */
function spreadAlong({ data, count, dim }: Points, values: Float64Array): Float64Array {
  const axis = new Float64Array(dim);
  for (let i = 0, at = 0; i < count; i++) {
    const value = values[i]!;
    for (let d = 0; d < dim; d++, at++) axis[d]! += value * data[at]!;
  }
  return axis;
}

/** Gram and Schmidt's, twice over for the sake of rounding; an axis that depends on earlier ones becomes zero. */
function orthonormalise(axes: readonly Float64Array[]): void {
  axes.forEach((axis, k) => {
    const before = Math.sqrt(dot(axis, axis));
    for (const earlier of [...axes.slice(0, k), ...axes.slice(0, k)]) {
      const shared = dot(axis, earlier);
      for (let d = 0; d < axis.length; d++) axis[d]! -= shared * earlier[d]!;
    }
    const length = Math.sqrt(dot(axis, axis));
    const scale = length > 1e-9 * before ? 1 / length : 0;
    for (let d = 0; d < axis.length; d++) axis[d]! *= scale;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
