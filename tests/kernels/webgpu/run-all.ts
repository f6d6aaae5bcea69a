import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerSecondOrder } from '../../../shared/kernels/second-order/index.ts';
import type { Tf } from '../../../shared/nn/params.ts';
import { runCases, type Outcome } from './cases.ts';
import { steadyTraffic } from './steady.ts';
import { watchGpu, type Traffic } from './traffic.ts';

export type Everything = { outcomes: Outcome[]; steady: Traffic; complaints: string[] };

/** All that is asked of our kernels, on whichever WebGPU there is. The backend is loaded, and not started yet. */
export async function runAll(tf: Tf): Promise<Everything> {
  tf.enableProdMode();
  registerSecondOrder(tf);
  watchGpu();
  if (!(await tf.setBackend('webgpu'))) throw new Error('the webgpu backend does not start');
  const complaints: string[] = [];
  (tf.backend() as unknown as WebGPUBackend).device.onuncapturederror = ({ error }) => {
    complaints.push(error.message);
  };
  const outcomes = await runCases(tf);
  return { outcomes, steady: await steadyTraffic(tf), complaints };
}
