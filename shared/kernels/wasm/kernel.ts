import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { DataType, NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';

/**
 * What a kernel for tfjs's wasm backend works with. Kernels are composed below the engine, on
 * `TensorInfo`s: no tape, no tidy, so an intermediate is freed by us, at once, and by nobody else.
 */
export type Wasm = {
  tf: Tf;
  backend: BackendWasm;
  /** Runs another kernel of the wasm backend. */
  run(name: string, inputs: Record<string, TensorInfo>, attrs?: NamedAttrMap): TensorInfo;
  /** The numbers of a tensor, in place. Valid until the next allocation: the heap may grow and move. */
  view(tensor: TensorInfo): Float32Array;
  output(shape: readonly number[], dtype?: DataType): TensorInfo;
  free(...tensors: TensorInfo[]): void;
};

type Kernel = (
  wasm: Wasm,
  inputs: Record<string, TensorInfo>,
  attrs: NamedAttrMap,
) => TensorInfo | TensorInfo[];

/**
 * Registers `kernel` under `name` for the wasm backend, in place of the stock one where there is
 * one. The stock one's setup stays: it binds to the wasm instance each time a backend starts, and
 * our kernels call the stock ones.
 */
export function registerWasm(tf: Tf, name: string, kernel: Kernel): void {
  const setupFunc = tf.getKernel(name, 'wasm')?.setupFunc;
  if (tf.getKernel(name, 'wasm')) tf.unregisterKernel(name, 'wasm');
  tf.registerKernel({
    kernelName: name,
    backendName: 'wasm',
    ...(setupFunc && { setupFunc }),
    kernelFunc: ({ inputs, backend, attrs }) =>
      kernel(bind(tf, backend as BackendWasm), inputs as Record<string, TensorInfo>, attrs ?? {}),
  });
}

function bind(tf: Tf, backend: BackendWasm): Wasm {
  return {
    tf,
    backend,
    run(name, inputs, attrs = {}) {
      const kernel = tf.getKernel(name, 'wasm');
      if (!kernel) throw new Error(`wasm: the kernel ${name} is not registered`);
      return kernel.kernelFunc({ inputs, attrs, backend }) as TensorInfo;
    },
    view: (tensor) => backend.typedArrayFromHeap(tensor) as Float32Array,
    output: (shape, dtype = 'float32') => backend.makeOutput([...shape], dtype),
    free: (...tensors) => tensors.forEach((tensor) => backend.disposeData(tensor.dataId)),
  };
}
