import wasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm';
import simd from '../dist/kernels/relaxed-simd.wasm';
import { registerSecondOrder } from '../shared/kernels/second-order/index.ts';
import { registerWasmKernels } from '../shared/kernels/wasm/index.ts';
import type { Tf } from '../shared/nn/params.ts';

let loading: Promise<Tf> | undefined;

/**
 * tfjs on its wasm backend (SIMD, one thread), able to train: once an isolate, at the first call.
 * What comes back is tfjs-core's functional API; tensors have no chained methods here.
 * @throws when the wasm backend does not start; the next call tries again.
 */
export function loadTf(): Promise<Tf> {
  loading ??= start().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/**
 * tfjs is imported here and not at the top, so that an isolate which never sees an image does not
 * pay for evaluating it. All of it comes from the packages' `dist` trees beneath one main entry,
 * tfjs-core's: a second main entry (a pre-built bundle) would bring a second engine along.
 */
async function start(): Promise<Tf> {
  const tf: Tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  await import('@tensorflow/tfjs-backend-wasm/dist/register_all_kernels.js');
  const { BackendWasm } = await import('@tensorflow/tfjs-backend-wasm/dist/backend_wasm.js');
  const instance = await instantiate();
  tf.registerBackend('wasm', () => new BackendWasm(instance));
  if (!(await tf.setBackend('wasm'))) throw new Error('tfjs: the wasm backend did not start');
  // workerd's engine has relaxed SIMD, so the version without it would never be asked for.
  registerWasmKernels(tf, simd);
  registerSecondOrder(tf);
  return tf;
}

type Instance = ConstructorParameters<
  typeof import('@tensorflow/tfjs-backend-wasm').BackendWasm
>[0];

type Emscripten = {
  cwrap(name: string, returns: string | null, takes: string[]): (...values: number[]) => number;
};

/** What tfjs's own `init()` does, but for fetching and compiling the bytes, which workerd forbids. */
async function instantiate(): Promise<Instance> {
  const { default: factory } =
    await import('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js');
  const module = await withoutProcess(() =>
    factory({
      instantiateWasm: (
        imports: WebAssembly.Imports,
        done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
      ) => {
        const instance = new WebAssembly.Instance(wasm, imports);
        done(instance, wasm);
        return instance.exports;
      },
    }),
  );
  const { cwrap } = module as unknown as Emscripten;
  const bound = (name: string, returns: 'number' | null, takes: 'number'[]) =>
    cwrap(name, returns, takes);
  module.tfjs = {
    init: bound('init', null, []),
    initWithThreadsCount: bound('init_with_threads_count', null, ['number']),
    getThreadsCount: bound('get_threads_count', 'number', []),
    registerTensor: bound('register_tensor', null, ['number', 'number', 'number']),
    disposeData: bound('dispose_data', null, ['number']),
    dispose: bound('dispose', null, []),
  };
  return module;
}

/**
 * Runs `call` while there is no global `process`. Emscripten's factory takes the one of
 * nodejs_compat for Node's and asks for files; it looks only in its synchronous part.
 */
function withoutProcess<T>(call: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'process');
  if (!before) return call();
  Object.defineProperty(globalThis, 'process', { value: undefined, configurable: true });
  try {
    return call();
  } finally {
    Object.defineProperty(globalThis, 'process', before);
  }
}
