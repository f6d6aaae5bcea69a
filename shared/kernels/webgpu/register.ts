import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { Device, type Backend } from './device.ts';

export type Kernel = (
  device: Device,
  inputs: Record<string, TensorInfo>,
  attrs: NamedAttrMap,
) => TensorInfo | TensorInfo[];

/** Registers `kernel` under `name` for the webgpu backend, in place of the stock one where there is one. */
export function registerWebgpu(tf: Tf, name: string, kernel: Kernel): void {
  if (tf.getKernel(name, 'webgpu')) tf.unregisterKernel(name, 'webgpu');
  tf.registerKernel({
    kernelName: name,
    backendName: 'webgpu',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const device = Device.of(backend as unknown as Backend);
      return device.asFloats(inputs as Record<string, TensorInfo>, (floats) =>
        kernel(device, floats, attrs ?? {}),
      );
    },
  });
}
