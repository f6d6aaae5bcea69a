import type { Model } from '../../shared/nn/model.ts';
import {
  dispose,
  initialise,
  unflatten,
  type Tensor,
  type Tensor4D,
  type Tf,
} from '../../shared/nn/params.ts';
import { Random } from '../../shared/math/random.ts';

const SIDE = 512;

/** Multiplications and additions in one of `MatMul`'s runs. */
export const MATMUL_FLOPS = 2 * SIDE ** 3;

/**
 * A stand-in for the machine's peak of multiply-adds on one thread: a product of 512 x 512 matrices
 * by XNNPACK, through tfjs's wasm backend, the best loop that there is here. The true peak lies above
 * it (wasm's vectors have 128 bits, without a fused multiply-add), so a share of it flatters.
 */
export class MatMul {
  readonly #tf: Tf;
  readonly #a: Tensor;
  readonly #b: Tensor;

  constructor(tf: Tf) {
    this.#tf = tf;
    const random = new Random(1);
    const square = () =>
      tf.tensor2d(
        Float32Array.from({ length: SIDE ** 2 }, () => random.next()),
        [SIDE, SIDE],
      );
    [this.#a, this.#b] = [square(), square()];
  }

  /** @returns milliseconds of one product. */
  async run(): Promise<number> {
    const start = performance.now();
    const product = this.#tf.matMul(this.#a, this.#b);
    const milliseconds = performance.now() - start;
    product.dispose();
    return milliseconds;
  }

  dispose(): void {
    this.#a.dispose();
    this.#b.dispose();
  }
}

/**
 * Multiplications and additions that one image's forward and backward pass needs in convolutions
 * and dense layers, the only ones that count: as many again for the filter's gradient, and for the
 * input's, which the first layer does not have.
 */
export function trainingFlops(tf: Tf, model: Model): number {
  const { size, channels } = model.spec.input;
  let flops = 0;
  let isFirst = true;
  const count = (multiplyAdds: number) => {
    flops += 2 * multiplyAdds * (isFirst ? 2 : 3);
    isFirst = false;
  };
  const counting = {
    ...tf,
    conv2d(x: Tensor4D, filter: Tensor4D, ...rest: [number, 'same']) {
      const y = tf.conv2d(x, filter, ...rest);
      count((y.size * filter.size) / y.shape[3]);
      return y;
    },
    matMul(a: Tensor, b: Tensor) {
      count(b.size);
      return tf.matMul(a, b);
    },
  } as Tf;
  const params = unflatten(tf, model.layout, initialise(model.layout, new Random(1)));
  tf.tidy(() => model.logits(counting, params, tf.zeros([1, size, size, channels])));
  dispose(params);
  return flops;
}
