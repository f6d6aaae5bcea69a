import * as tf from '@tensorflow/tfjs-core';
import { registerSecondOrder } from '../shared/kernels/second-order/index.ts';
import { registerWasmKernels } from '../shared/kernels/wasm/index.ts';
import type { Tf } from '../shared/nn/params.ts';
import { softwareGpu } from './tf-gpu.ts';
import { checkGradient, timeStep, type BackendName } from './tf-probe.ts';
import { compileKernels, simdVariant } from './tf-simd.ts';
import { wasmPaths } from './tf-wasm-paths.ts';

export type { BackendName };

/** How a backend fared: the time of one probe step in milliseconds, or why it cannot be used. */
export type Tried = { backend: BackendName } & ({ stepMs: number } | { error: string });

export type Started = { tf: Tf; backend: BackendName; tried: Tried[] };

/** A driver that has not answered by then will not; one that was asked for by name gets longer, since nothing else is tried. */
const PATIENCE_MS = { candidate: 30_000, wanted: 180_000 };

/**
 * Starts tfjs, in a tab, a Web Worker or Node, on the backend that is best by what it does here:
 * each candidate takes a gradient that is compared with known numbers, and of those that are right
 * the fastest is kept. Not to be called again before the last call has ended.
 * @param preferred candidates in order: the first that is right is taken, and no other is tried.
 * @throws when none is right; the message has every candidate's reason.
 */
export async function startBackend(preferred?: readonly BackendName[]): Promise<Started> {
  // Its warnings about failing backends come back in `tried`; the rest advertises tfjs-node.
  tf.enableProdMode();
  await loadGradients();
  registerSecondOrder(tf);
  const tried: Tried[] = [];
  for (const backend of preferred ?? candidates()) {
    if (!preferred && backend === 'cpu' && tried.some(works)) break;
    const result = await attempt(backend, preferred !== undefined);
    tried.push(result);
    if (preferred && works(result)) break;
  }
  const backend = fastest(tried);
  await release(tried, backend);
  return { tf, backend, tried };
}

/** Plain JavaScript comes last: it is a hundred times slower, and asked only when all else fails. */
function candidates(): BackendName[] {
  return inBrowser() ? ['webgpu', 'webgl', 'wasm', 'cpu'] : ['wasm', 'cpu'];
}

/** Web Workers included. */
function inBrowser(): boolean {
  return tf.env().getBool('IS_BROWSER');
}

async function attempt(backend: BackendName, isWanted: boolean): Promise<Tried> {
  try {
    const software = isWanted ? undefined : await softwareGpu(backend);
    if (software) throw new Error(`is a software GPU (${software}), slower than wasm`);
    const stepMs = await Promise.race([
      measure(backend),
      timeout(isWanted ? PATIENCE_MS.wanted : PATIENCE_MS.candidate),
    ]);
    return { backend, stepMs };
  } catch (error) {
    return { backend, error: error instanceof Error ? error.message : String(error) };
  }
}

async function measure(backend: BackendName): Promise<number> {
  await LOAD[backend]();
  if (!tf.findBackendFactory(backend)) throw new Error('is not offered here');
  if (!(await tf.setBackend(backend))) throw new Error('does not start');
  await checkGradient(tf);
  return timeStep(tf);
}

function timeout(milliseconds: number): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error('does not answer')), milliseconds);
    // In Node a timer would keep the process alive.
    if (typeof timer === 'object') (timer as { unref?(): void }).unref?.();
  });
}

function works(one: Tried): one is { backend: BackendName; stepMs: number } {
  return 'stepMs' in one;
}

function fastest(tried: readonly Tried[]): BackendName {
  const right = tried.filter(works).sort((a, b) => a.stepMs - b.stepMs);
  if (right[0]) return right[0].backend;
  const reasons = tried.map((one) => (works(one) ? '' : `${one.backend} ${one.error}`));
  throw new Error(`tfjs: no backend works here: ${reasons.join('; ')}`);
}

/** Settles on one backend and gives back what the others hold, a GPU's memory above all. */
async function release(tried: readonly Tried[], kept: BackendName): Promise<void> {
  await tf.setBackend(kept);
  for (const { backend } of tried) {
    const factory = tf.findBackendFactory(backend);
    if (backend === kept || !factory) continue;
    tf.removeBackend(backend);
    // Removing forgets how to make one too, and a later call may prefer it.
    tf.registerBackend(backend, factory as () => Promise<never>);
  }
}

/** tfjs-core alone knows no gradients, and in Node they are only to be had with the whole of tfjs. */
async function loadGradients(): Promise<void> {
  if (tf.getGradient('Conv2D')) return;
  const whole = '@tensorflow/tfjs';
  if (inBrowser()) await import('@tensorflow/tfjs-core/dist/register_all_gradients');
  else await import(/* @vite-ignore */ whole);
}

const LOAD: Record<BackendName, () => Promise<unknown>> = {
  webgpu: async () => (await import('./tf-webgpu.ts')).loadWebgpu(tf),
  webgl: () => import('@tensorflow/tfjs-backend-webgl'),
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
  async wasm() {
    const wasm = await import('@tensorflow/tfjs-backend-wasm');
    if (tf.getKernel('Conv2DBackpropFilter', 'wasm')) return;
    // One thread: a volunteer's other tabs need the rest, and our kernels read an unshared heap.
    wasm.setThreadsCount(1);
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    if (inBrowser()) wasm.setWasmPaths(wasmPaths());
    const variant = simdVariant();
    if (!variant) console.warn('no wasm SIMD here: training is composed of tfjs’s own kernels');
    registerWasmKernels(tf, variant && (await compileKernels(variant, inBrowser())));
  },
};
