import type { Random } from '../math/random.ts';
import type { InputSpec } from '../nn/net.ts';
import type { Tensor4D, Tf } from '../nn/params.ts';
import type { LocalData } from '../objectives/contract.ts';
import { VIEWS, type ViewName } from '../views/index.ts';

/** Makes a view of the named rows: [rows, size, size, channels]. The caller disposes the tensor. */
export function makeView(
  tf: Tf,
  data: LocalData,
  input: InputSpec,
  name: ViewName,
  rows: readonly number[],
  random: Random,
): Tensor4D {
  const pixels = input.size * input.size * input.channels;
  const out = new Float32Array(rows.length * pixels);
  rows.forEach((row, i) =>
    VIEWS[name].make(data.images, row * pixels, out, i * pixels, input, random),
  );
  return tf.tensor4d(out, [rows.length, input.size, input.size, input.channels]);
}
