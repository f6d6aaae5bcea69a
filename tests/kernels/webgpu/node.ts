/**
 * Runs the cases in Node, on Dawn, as a process of its own: the Vulkan loader looks for its driver
 * where the environment says when a process starts. Says what came out over Node's channel.
 */
import { createRequire } from 'node:module';
import * as tfjs from '@tensorflow/tfjs';
import { create, globals } from 'webgpu';
import { loadWebgpu } from '../../../client/tf-webgpu.ts';
import type { Tf } from '../../../shared/nn/params.ts';
import { runAll, type Everything } from './run-all.ts';

/** Nothing where there is no adapter. */
export type Answer = Everything | undefined;

const tf = tfjs as unknown as Tf;
Object.assign(globalThis, globals);
// Dawn checks every call here, which a tab of ours does not; what it adds to shaders only takes time.
const gpu = create(['enable-dawn-features=disable_robustness,disable_workgroup_init']);
Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu });

async function answer(): Promise<Answer> {
  if (!(await gpu.requestAdapter())) return undefined;
  // Only now: tfjs offers the backend where there is a `navigator.gpu` when it is loaded.
  createRequire(import.meta.url)('@tensorflow/tfjs-backend-webgpu');
  await loadWebgpu(tf);
  return runAll(tf);
}

process.send!({ answer: await answer() });
// Dawn's threads would keep the process.
process.exit();
