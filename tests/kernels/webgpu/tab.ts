/** Runs in a tab: the cases on Chromium's own WebGPU. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-backend-cpu';
import { loadWebgpu } from '../../../client/tf-webgpu.ts';
import { runAll } from './run-all.ts';

Object.assign(globalThis, {
  async runAll() {
    await loadWebgpu(tf);
    return runAll(tf);
  },
});
