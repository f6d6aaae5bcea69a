import type { KernelConfig } from '@tensorflow/tfjs-core';
import type { Tf } from '../../shared/nn/params.ts';

/** What a kernel took of one step, in milliseconds, and how often it was called. */
export type Share = { kernel: string; milliseconds: number; calls: number };

/**
 * Where a step's time goes: every kernel of the backend that is set is timed while `step` runs, what
 * it calls of other kernels included.
 * @param step resolves to the milliseconds that it took
 * @returns the kernels, the dearest first, and behind them tfjs's own time between kernels
 */
export async function profile(
  tf: Tf,
  step: () => Promise<number>,
  repeats: number,
): Promise<Share[]> {
  const spent = new Map<string, { milliseconds: number; calls: number }>();
  const restore = wrap(tf, spent);
  let total = 0;
  try {
    for (let i = 0; i < repeats; i++) total += await step();
  } finally {
    restore();
  }
  const shares = [...spent].map(([kernel, { milliseconds, calls }]) => ({
    ...{ kernel, milliseconds: milliseconds / repeats, calls: calls / repeats },
  }));
  shares.sort((a, b) => b.milliseconds - a.milliseconds);
  const inKernels = shares.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return [...shares, { kernel: 'between', milliseconds: total / repeats - inKernels, calls: 1 }];
}

/** Puts a clock around every kernel of the backend. @returns what takes them away again */
function wrap(tf: Tf, spent: Map<string, { milliseconds: number; calls: number }>): () => void {
  const kernels = tf.getKernelsForBackend(tf.getBackend());
  let depth = 0;
  const clocked = (kernel: KernelConfig): KernelConfig => ({
    ...kernel,
    kernelFunc(params) {
      if (depth > 0) return kernel.kernelFunc(params);
      const start = performance.now();
      depth++;
      try {
        return kernel.kernelFunc(params);
      } finally {
        depth--;
        const so = spent.get(kernel.kernelName) ?? { milliseconds: 0, calls: 0 };
        so.milliseconds += performance.now() - start;
        so.calls++;
        spent.set(kernel.kernelName, so);
      }
    },
  });
  const put = (kernel: KernelConfig) => {
    tf.unregisterKernel(kernel.kernelName, kernel.backendName);
    tf.registerKernel(kernel);
  };
  kernels.map(clocked).forEach(put);
  return () => kernels.forEach(put);
}
