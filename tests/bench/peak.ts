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
 * A stand-in for the machine's peak of SIMD multiply-adds on one thread: 512 x 512 x 512 by
 * XNNPACK's matrix product, through tfjs's wasm backend. It fits the second-level cache and is the
 * best loop that wasm has here; the true peak lies above it (and above what wasm can reach, which
 * has vectors of 128 bits and no fused multiply-add), so a share of it is flattering to that degree.
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
