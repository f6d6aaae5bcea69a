import type { Tensor, Tensor4D, Tf } from '../../nn/params.ts';

type Attrs = {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: 'same' | 'valid' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
};

/**
 * Max-pooling's gradient puts each number of dy where its window has its first maximum; its own
 * gradient takes the numbers back from there. The input only chooses the places: it gets zeros.
 */
export function registerMaxPool(tf: Tf): void {
  tf.registerGradient({
    kernelName: 'MaxPoolGrad',
    inputsToSave: ['input', 'output'],
    gradFunc: (towards, saved, attrs) => {
      const [input, output] = saved as [Tensor4D, Tensor4D];
      return {
        dy: () => atMaxima(tf, towards as Tensor4D, input, output, attrs as unknown as Attrs),
        input: () => tf.zerosLike(input),
        output: () => tf.zerosLike(output),
      };
    },
  });
}

/** The numbers of `from`, shaped like the input, at each window's first maximum: shaped like the output. */
function atMaxima(
  tf: Tf,
  from: Tensor4D,
  input: Tensor4D,
  output: Tensor4D,
  { filterSize, strides, pad, dimRoundingMode }: Attrs,
): Tensor {
  const pool = tf.backend_util.computePool2DInfo(
    input.shape,
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const bottom = edge(pool.outHeight, pool.strideHeight, pool.filterHeight, pool.inHeight);
  const right = edge(pool.outWidth, pool.strideWidth, pool.filterWidth, pool.inWidth);
  const { top, left } = pool.padInfo;
  const around: [number, number][] = [
    [0, 0],
    [top, Math.max(bottom - top, 0)],
    [left, Math.max(right - left, 0)],
    [0, 0],
  ];
  // Padding is never a maximum, so it is never equal to one.
  const images = tf.pad(input, around, Number.NEGATIVE_INFINITY);
  const numbers = tf.pad(from, around);
  const [batch, height, width, channels] = output.shape;
  const every = [1, pool.strideHeight, pool.strideWidth, 1];
  let free: Tensor = tf.onesLike(output);
  let taken: Tensor = tf.zerosLike(output);
  for (let i = 0; i < pool.filterHeight; i++)
    for (let j = 0; j < pool.filterWidth; j++) {
      const begin = [0, i, j, 0];
      const end = [
        batch,
        i + (height - 1) * pool.strideHeight + 1,
        j + (width - 1) * pool.strideWidth + 1,
        channels,
      ];
      const here = tf.stridedSlice(images, begin, end, every);
      const first = tf.mul(free, tf.cast(tf.equal(here, output), 'float32'));
      taken = tf.add(taken, tf.mul(first, tf.stridedSlice(numbers, begin, end, every)));
      free = tf.sub(free, first);
    }
  return taken;
}

/** How far the last window reaches over the image's far edge, the padding in front of it counted in. */
function edge(outputs: number, stride: number, filter: number, length: number): number {
  return (outputs - 1) * stride + filter - length;
}
