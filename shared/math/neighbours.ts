import type { Tensor2D, Tf } from '../nn/params.ts';
import type { Points } from './k-means.ts';
import { largest } from './largest.ts';

/** Rows whose products with all points are in memory at once. */
const CHUNK = 256;

/** Of each point, the nearest ones, itself first, and their squared distances: [count][k]. */
export type Neighbours = { near: number[][]; squares: number[][] };

/**
 * The `k` nearest of every point, by Euclidean distance, exactly: products on the backend, a chunk at
 * a time. Fewer where there are fewer points.
 */
export async function nearestNeighbours(tf: Tf, points: Points, k: number): Promise<Neighbours> {
  const { data, count, dim } = points;
  const all = tf.tensor2d(data, [count, dim]);
  const squareOf = squaresOf(points);
  const found: Neighbours = { near: [], squares: [] };
  for (let start = 0; start < count; start += CHUNK) {
    const rows = Math.min(CHUNK, count - start);
    // Ranked by 2 <p, q> - |q|^2, which orders as the distance does.
    const ranked = tf.tidy(() => {
      const some = tf.slice(all, [start, 0], [rows, dim]) as Tensor2D;
      return tf.sub(tf.mul(2, tf.matMul(some, all, false, true)), tf.tensor1d(squareOf));
    });
    const scores = (await ranked.data()) as Float32Array;
    ranked.dispose();
    for (let row = 0; row < rows; row++) {
      const own = start + row;
      const line = scores.subarray(row * count, (row + 1) * count);
      // Rounding must not put a twin before the point itself.
      line[own] = Number.POSITIVE_INFINITY;
      const near = largest(line, Math.min(k, count));
      found.near.push(near);
      found.squares.push(
        near.map((other) => (other === own ? 0 : Math.max(0, squareOf[own]! - line[other]!))),
      );
    }
  }
  all.dispose();
  return found;
}

function squaresOf({ data, count, dim }: Points): Float32Array {
  const squares = new Float32Array(count);
  data.forEach((value, i) => (squares[Math.floor(i / dim)]! += value * value));
  return squares;
}
