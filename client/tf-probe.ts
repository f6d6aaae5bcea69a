import { crossEntropy } from '../shared/math/losses.ts';
import { Random } from '../shared/math/random.ts';
import { conv, convSpecs, dense, denseSpecs, normRelu, normSpecs } from '../shared/nn/layers.ts';
import { createModel, type Model } from '../shared/nn/model.ts';
import {
  dispose,
  initialise,
  unflatten,
  type Params,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  type Tf,
} from '../shared/nn/params.ts';
import { layoutOf, type Layout } from '../shared/weights/layout.ts';

/** tfjs's backends, by its names. */
export type BackendName = 'webgpu' | 'webgl' | 'wasm' | 'cpu';

type Step = { layout: Layout; logits(tf: Tf, params: Params, x: Tensor4D): Tensor2D };
type Images = { count: number; size: number; classes: number };

/** Everything that Shoal's nets are made of, at its smallest: odd sides, a pooling, a stride. */
const SMALL: Step & Images = {
  count: 2,
  size: 9,
  classes: 4,
  layout: layoutOf([
    ...convSpecs('a', 1, 8),
    ...normSpecs('an', 8),
    ...convSpecs('b', 8, 8),
    ...normSpecs('bn', 8),
    ...denseSpecs('c', 32, 4),
  ]),
  logits(tf, p, x) {
    const wide = normRelu(tf, p, 'an', conv(tf, p, 'a', x), 2);
    const pooled = tf.maxPool(wide, 2, 2, 'valid') as Tensor4D;
    const narrow = normRelu(tf, p, 'bn', conv(tf, p, 'b', pooled, 2), 2);
    return dense(tf, p, 'c', tf.reshape(narrow, [x.shape[0], -1]) as Tensor2D);
  },
};

/** The loss of SMALL and one number a parameter's gradient, as tfjs's cpu backend has them. */
const EXPECTED = [
  0.915034, 0.099494, -0.110637, 0.0546161, -0.0450434, -0.37866, -0.301139, 0.511459, -0.407292,
] as const;

/** Far above what single precision does to SMALL, below what a wrong kernel or half precision does. */
const TOLERANCE = 1e-3;

/**
 * Takes one gradient on the backend that is set and compares it with the cpu backend's.
 * @throws when a number is off: drivers exist that compute nonsense without a word.
 */
export async function checkGradient(tf: Tf): Promise<void> {
  const got = await fingerprint(tf);
  const off = got.findIndex((value, i) => !(Math.abs(value - EXPECTED[i]!) <= TOLERANCE));
  if (off >= 0)
    throw new Error(`computes wrong numbers: ${got[off]} in place of ${EXPECTED[off]} (${off})`);
}

/** The numbers to compare: the loss, and every gradient projected on a fixed direction. */
export async function fingerprint(tf: Tf): Promise<number[]> {
  const { loss, grads } = gradient(tf, SMALL);
  const numbers = [(await loss.data())[0]!];
  for (const grad of grads) {
    const values = (await grad.data()) as Float32Array;
    numbers.push(values.reduce((sum, value, i) => sum + value * Math.cos(i), 0));
  }
  [loss, ...grads].forEach((tensor) => tensor.dispose());
  return numbers;
}

const LARGE: Images = { count: 16, size: 28, classes: 36 };

/**
 * Milliseconds of one training step on the backend that is set, after a step to warm up, in which
 * a GPU compiles its shaders. A software GPU passes every check and is thirty times slower than wasm.
 */
export async function timeStep(tf: Tf): Promise<number> {
  const { size, classes } = LARGE;
  const model: Model = createModel({
    net: 'strided',
    input: { size, channels: 1 },
    classes,
    heads: ['cls'],
  });
  let milliseconds = 0;
  // Plain JavaScript takes seconds a step, and compiles nothing that would change that.
  const runs = tf.getBackend() === 'cpu' ? 1 : 2;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    const { loss, grads } = gradient(tf, { ...LARGE, ...model });
    // Only reading waits for a GPU; the last gradient made is the first layer's.
    await Promise.all([loss.data(), grads[0]!.data()]);
    milliseconds = performance.now() - start;
    [loss, ...grads].forEach((tensor) => tensor.dispose());
  }
  return milliseconds;
}

/** Loss and gradients of one step from fixed weights on fixed images. The caller disposes them. */
function gradient(tf: Tf, step: Step & Images): { loss: Scalar; grads: Tensor[] } {
  const { count, size, classes, layout } = step;
  const random = new Random(1);
  const params = unflatten(tf, layout, initialise(layout, random));
  const names = Object.keys(params);
  const pixels = Float32Array.from({ length: count * size * size }, () => random.next());
  try {
    return tf.tidy(() => {
      const x = tf.tensor4d(pixels, [count, size, size, 1]);
      const rows = Array.from({ length: count }, (_, i) => i % classes);
      const labels = tf.oneHot(tf.tensor1d(rows, 'int32'), classes) as Tensor2D;
      const loss = (...tensors: Tensor[]) => {
        const named = Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
        return tf.mean(crossEntropy(tf, step.logits(tf, named, x), labels)) as Scalar;
      };
      const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => params[name]!));
      return { loss: value as Scalar, grads };
    });
  } finally {
    dispose(params);
  }
}
