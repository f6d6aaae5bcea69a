import { parse } from 'valibot';
import { Random } from '../../../shared/math/random.ts';
import { createModel } from '../../../shared/nn/model.ts';
import { initialise, type Tf } from '../../../shared/nn/params.ts';
import { supervised } from '../../../shared/objectives/supervised/supervised.ts';
import { Session } from '../../../shared/train/session.ts';
import { takeTraffic, type Traffic } from './traffic.ts';

/** As many as it takes until every buffer that a step wants lies in the pool. */
const WARM = 4;

/** What a whole step of a session asks of WebGPU once the pool is full: views, loss, gradients, SGD, average. */
export async function steadyTraffic(tf: Tf): Promise<Traffic> {
  await tf.setBackend('webgpu');
  const input = { size: 16, channels: 1 };
  const model = createModel({ net: 'conv4-32', input, classes: 3, heads: ['cls'] });
  const random = new Random(1);
  const count = 12;
  const session = await Session.start({
    ...{ tf, model, objective: supervised, config: parse(supervised.config, {}) },
    ...{ weights: initialise(model.layout, random), momentum: 0.9, clip: 1, averageDecay: 0.98 },
    data: {
      images: Float32Array.from({ length: count * 256 }, () => random.next()),
      labels: Int32Array.from({ length: count }, (_, i) => i % 3),
      count,
    },
    ...{ batch: 4, seed: 1 },
  });
  const step = () => {
    for (const term of Object.values(session.step(0.01))) term.dispose();
    return takeTraffic();
  };
  for (let i = 0; i < WARM; i++) step();
  const traffic = step();
  session.dispose();
  return traffic;
}
