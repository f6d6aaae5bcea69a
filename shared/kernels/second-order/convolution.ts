import type { NamedAttrMap } from '@tensorflow/tfjs-core';
import type { Tensor, Tf } from '../../nn/params.ts';

/** A convolution and its two gradients, by their names in tfjs's registry. */
type Family = { forward: string; toFilter: string; toInput: string };

const FULL: Family = {
  forward: 'Conv2D',
  toFilter: 'Conv2DBackpropFilter',
  toInput: 'Conv2DBackpropInput',
};
const DEPTHWISE: Family = {
  forward: 'DepthwiseConv2dNative',
  toFilter: 'DepthwiseConv2dNativeBackpropFilter',
  toInput: 'DepthwiseConv2dNativeBackpropInput',
};

/**
 * A convolution is linear in its image and in its filter, so each gradient of a gradient is another
 * of the three. tfjs 4.22 has this for the full convolution's `toInput` only.
 */
export function registerConvolutions(tf: Tf): void {
  for (const family of [FULL, DEPTHWISE]) {
    registerFilterGradient(tf, family);
    if (!tf.getGradient(family.toInput)) registerInputGradient(tf, family);
  }
}

/** dW(x, dy), [height, width, in, out]: against x it is the input's gradient, against dy the convolution. */
function registerFilterGradient(tf: Tf, { forward, toFilter, toInput }: Family): void {
  tf.registerGradient({
    kernelName: toFilter,
    inputsToSave: ['x', 'dy'],
    gradFunc: (towards, saved, attrs) => {
      const filter = towards as Tensor;
      const [x, dy] = saved as [Tensor, Tensor];
      const { filterShape: _, ...geometry } = attrs;
      return {
        x: () => run(tf, toInput, { dy, filter }, { ...geometry, inputShape: x.shape }),
        dy: () => run(tf, forward, { x, filter }, { ...geometry, dilations: dilationsOf(attrs) }),
      };
    },
  });
}

/** dX(dy, filter), NHWC: against dy it is the convolution, against the filter the filter's gradient. */
function registerInputGradient(tf: Tf, { forward, toFilter, toInput }: Family): void {
  tf.registerGradient({
    kernelName: toInput,
    inputsToSave: ['dy', 'filter'],
    gradFunc: (towards, saved, attrs) => {
      const x = towards as Tensor;
      const [dy, filter] = saved as [Tensor, Tensor];
      const { inputShape: _, ...geometry } = attrs;
      return {
        dy: () => run(tf, forward, { x, filter }, { ...geometry, dilations: dilationsOf(attrs) }),
        filter: () => run(tf, toFilter, { x, dy }, { ...geometry, filterShape: filter.shape }),
      };
    },
  });
}

/** The full convolution's gradients carry none: tfjs refuses to differentiate a dilated one. */
const dilationsOf = (attrs: NamedAttrMap) => attrs['dilations'] ?? [1, 1];

function run(tf: Tf, name: string, inputs: Record<string, Tensor>, attrs: NamedAttrMap): Tensor {
  return tf.engine().runKernel(name, inputs, attrs) as Tensor;
}
