import { Random } from '../../shared/math/random.ts';
import type { Model } from '../../shared/nn/model.ts';
import {
  dispose,
  initialise,
  unflatten,
  type Tensor,
  type Tensor4D,
  type Tf,
} from '../../shared/nn/params.ts';

const SUMS = 12;
const ROUNDS = 2_000_000;

/** Multiplications and additions in one of `Peak`'s runs. */
export const PEAK_FLOPS = 2 * 4 * SUMS * ROUNDS;

/**
 * The machine's peak of multiply-adds on one thread, as far as wasm reaches it: a loop over twelve
 * sums in registers, enough to hide what an instruction takes, with no memory in it. By relaxed SIMD's
 * fused multiply-add where the engine has it, and by a product and a sum; the faster one counts.
 */
export class Peak {
  readonly #loops: ((rounds: number) => number)[];

  constructor() {
    const modules = [FUSED, APART].map(loopOf).filter((bytes) => WebAssembly.validate(bytes));
    this.#loops = modules.map((bytes) => {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
      return exports['loop'] as (rounds: number) => number;
    });
    if (this.#loops.length === 0) throw new Error('bench: the engine has no SIMD');
  }

  /** @returns milliseconds of the faster loop. */
  run(): number {
    const times = this.#loops.map((loop) => {
      const start = performance.now();
      loop(ROUNDS);
      return performance.now() - start;
    });
    return Math.min(...times);
  }
}

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];

/** Locals: the rounds, two vectors, the sums. */
const [LEFT, X, Y, FIRST] = [0, 1, 2, 3] as const;

/** sum = x * y + sum, by f32x4.relaxed_madd. */
const FUSED = (sum: number) => [...get(X), ...get(Y), ...get(sum), 0xfd, 0x85, 0x02, ...set(sum)];

/** sum = sum * x + y, by f32x4.mul and f32x4.add; x * y would be taken once for all sums. */
const APART = (sum: number) => [
  ...[...get(sum), ...get(X), 0xfd, 0xe6, 0x01],
  ...[...get(Y), 0xfd, 0xe4, 0x01, ...set(sum)],
];

/** A module that exports `loop`: so many rounds of a step for each sum; it returns one of the numbers. */
function loopOf(step: (sum: number) => number[]): Uint8Array<ArrayBuffer> {
  const sums = Array.from({ length: SUMS }, (_, i) => FIRST + i);
  const countDown = [...get(LEFT), 0x41, 1, 0x6b, 0x22, LEFT, 0x0d, 0];
  const rounds = [0x03, 0x40, ...sums.flatMap(step), ...countDown, 0x0b];
  const added = sums.slice(1).flatMap((sum) => [...get(sum), 0xfd, 0xe4, 0x01]);
  const total = [...get(FIRST), ...added, 0xfd, 0x1f, 0];
  const body = [1, FIRST - 1 + SUMS, 0x7b, ...rounds, ...total, 0x0b];
  const code = [1, ...lengthOf(body), ...body];
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7f, 1, 0x7d, 3, 2, 1, 0];
  const exported = [7, 8, 1, 4, ...Buffer.from('loop'), 0, 0];
  return Uint8Array.from([...head, ...exported, 10, ...lengthOf(code), ...code]);
}

/** LEB128 in two bytes, which wasm allows for any length below 2^14. */
const lengthOf = ({ length }: number[]) => [0x80 | (length & 0x7f), length >> 7];

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
