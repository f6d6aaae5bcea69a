import { range } from '../math/random.ts';
import { pickRows } from '../math/rows.ts';
import type { Tensor2D, Tf } from '../nn/params.ts';
import type { ViewName } from '../views/index.ts';
import type { RoundContext } from '../objectives/contract.ts';

/** Images read at once: what a phone's memory holds. */
const CHUNK = 128;

/**
 * What the received weights say of every local image: the mean over some looks at it.
 * @returns [images, classes], rows sum to one
 */
export async function predictAll(
  { tf, model, data, params, view }: RoundContext<unknown>,
  name: ViewName,
  looks: number,
): Promise<Float32Array> {
  const { classes } = model.spec;
  const mean = new Float32Array(data.count * classes);
  for (let start = 0; start < data.count; start += CHUNK) {
    const rows = range(Math.min(CHUNK, data.count - start)).map((i) => start + i);
    for (let look = 0; look < looks; look++) {
      const predicted = tf.tidy(() => tf.softmax(model.logits(tf, params, view(name, rows))));
      const numbers = await predicted.data();
      predicted.dispose();
      numbers.forEach((p, i) => (mean[start * classes + i]! += p / looks));
    }
  }
  return mean;
}

/** Each row's highest probability. */
export function confidences(table: Float32Array, columns: number): Float32Array {
  return Float32Array.from({ length: table.length / columns }, (_, row) =>
    Math.max(...table.subarray(row * columns, (row + 1) * columns)),
  );
}

/** Each row's likeliest class. */
export function likeliestOf(table: Float32Array, columns: number): Int32Array {
  return Int32Array.from({ length: table.length / columns }, (_, row) => {
    const numbers = table.subarray(row * columns, (row + 1) * columns);
    return numbers.indexOf(Math.max(...numbers));
  });
}

/** Each kept row's likeliest class, and -1 for the others. */
export function keptLabels(
  table: Float32Array,
  columns: number,
  kept: readonly number[],
): Int32Array {
  const named = likeliestOf(table, columns);
  const labels = new Int32Array(named.length).fill(-1);
  for (const row of kept) labels[row] = named[row]!;
  return labels;
}

/** The named rows as a tensor [rows, columns]. */
export function rowsTensor(
  tf: Tf,
  table: Float32Array,
  rows: readonly number[],
  columns: number,
): Tensor2D {
  return tf.tensor2d(pickRows(table, rows, columns), [rows.length, columns]);
}

export function meanOf(numbers: Float32Array): number {
  return numbers.reduce((a, b) => a + b, 0) / numbers.length;
}
