import type { Random } from '../math/random.ts';
import type { InputSpec } from '../nn/net.ts';
import type { Tensor4D, Tf } from '../nn/params.ts';
import type { LocalData } from '../objectives/contract.ts';
import { VIEWS, type ViewName } from '../views/index.ts';

/** The named rows as a view makes them: rows * size * size * channels numbers. */
export function viewOf(
  data: LocalData,
  input: InputSpec,
  name: ViewName,
  rows: readonly number[],
  random: Random,
): Float32Array {
  const pixels = input.size * input.size * input.channels;
  const out = new Float32Array(rows.length * pixels);
  rows.forEach((row, i) =>
    VIEWS[name].make(data.images, row * pixels, out, i * pixels, input, random),
  );
  return out;
}

/** All of an objective's views of some rows, by the names that it knows them by. */
export function makeViews(
  data: LocalData,
  input: InputSpec,
  views: Readonly<Record<string, ViewName>>,
  rows: readonly number[],
  random: Random,
): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(views).map(([as, name]) => [as, viewOf(data, input, name, rows, random)]),
  );
}

/** Numbers of whole images as a tensor [rows, size, size, channels]; the caller disposes it. */
export function imagesTensor(tf: Tf, numbers: Float32Array, input: InputSpec): Tensor4D {
  const { size, channels } = input;
  const rows = numbers.length / (size * size * channels);
  return tf.tensor4d(numbers, [rows, size, size, channels]);
}

/** Makes a view of the named rows: [rows, size, size, channels]. The caller disposes the tensor. */
export function makeView(
  tf: Tf,
  data: LocalData,
  input: InputSpec,
  name: ViewName,
  rows: readonly number[],
  random: Random,
): Tensor4D {
  return imagesTensor(tf, viewOf(data, input, name, rows, random), input);
}
