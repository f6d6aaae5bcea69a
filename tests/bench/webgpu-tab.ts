/**
 * Runs in a tab: training steps on tfjs's webgpu backend as it is published, or with our kernels, of
 * which one tab can have only one. Counts what WebGPU is asked for.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-backend-webgpu';
import { loadWebgpu } from '../../client/tf-webgpu.ts';
import type { NetName } from '../../shared/nn/index.ts';
import { takeTraffic, watchGpu, type Traffic } from '../kernels/webgpu/traffic.ts';
import { BareStep, type Stepped } from './step.ts';

export type Measured = Stepped & { traffic: Traffic };

let bare: BareStep;

const steps = {
  async start(ours: boolean, net: NetName): Promise<void> {
    tf.enableProdMode();
    watchGpu();
    if (ours) await loadWebgpu(tf);
    if (!(await tf.setBackend('webgpu'))) throw new Error('the webgpu backend does not start');
    bare = new BareStep(tf, net);
  },
  async step(): Promise<Measured> {
    takeTraffic();
    return { ...(await bare.run()), traffic: takeTraffic() };
  },
};

export type Steps = typeof steps;
Object.assign(globalThis, { steps });
