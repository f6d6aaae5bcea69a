/**
 * The baseline of the `train` bench, in a process of its own, since kernels are registered once an
 * engine. tfjs 4.22 as it is published cannot train a convolution on wasm: `Conv2DBackpropFilter` is
 * missing. Here that one kernel is supplied in the plainest way, from tfjs's own convolution, and
 * nothing else: the input's gradient, max-pooling's gradient and transposed products are the stock
 * kernels, and GroupNorm is composed of tfjs's ops, as `layers.ts` does without the fused kernel.
 *
 * Takes the network's name as its argument and speaks over Node's channel to its parent: any message asks for one step, the answer is `Stepped`.
 */
import * as tfjs from '@tensorflow/tfjs';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import type { KernelBackend, NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { NetName } from '../../shared/nn/index.ts';
import type { Tf } from '../../shared/nn/params.ts';
import { BareStep } from './step.ts';

const tf = tfjs as unknown as Tf;

setThreadsCount(1);
tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
tf.enableProdMode();
tf.registerKernel({
  kernelName: 'Conv2DBackpropFilter',
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
    const run = (name: string, given: Record<string, TensorInfo>, named: NamedAttrMap) =>
      tf.getKernel(name, 'wasm').kernelFunc({ inputs: given, attrs: named, backend }) as TensorInfo;
    const { filterShape, strides, pad } = attrs as Record<string, unknown>;
    const side = (filterShape as number[])[0]!;
    if (String(strides) !== '1' && String(strides) !== '1,1')
      throw new Error('baseline: stride 1 only');
    if (pad !== 'same' || side % 2 === 0) throw new Error(`baseline: 'same' and odd filters only`);
    // dW = conv2d(xT, dyT): the channels become the batch, the batch the channels.
    const image = run('Transpose', { x }, { perm: [3, 1, 2, 0] });
    const filter = run('Transpose', { x: dy }, { perm: [1, 2, 0, 3] });
    const edge = [(side - 1) / 2, (side - 1) / 2];
    const explicit = [[0, 0], edge, edge, [0, 0]];
    const common = { strides: [1, 1], dilations: [1, 1], dataFormat: 'NHWC' };
    const turned = run('Conv2D', { x: image, filter }, { ...common, pad: explicit });
    const gradient = run('Transpose', { x: turned }, { perm: [1, 2, 0, 3] });
    for (const { dataId } of [image, filter, turned])
      (backend as KernelBackend).disposeData(dataId);
    return gradient;
  },
});

if (!(await tf.setBackend('wasm'))) throw new Error('baseline: the wasm backend does not start');
const step = new BareStep(tf, process.argv[2] as NetName);
process.on('message', () => void step.run().then((stepped) => process.send!(stepped)));
