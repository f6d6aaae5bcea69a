/** The network for photographs: it begins with weights from elsewhere, and most of it may stay as it is. */
import { expect, test } from 'vitest';
import { Random, range } from '../../shared/math/random.ts';
import { createModel } from '../../shared/nn/model.ts';
import { initialise } from '../../shared/nn/params.ts';
import { supervised } from '../../shared/objectives/supervised/supervised.ts';
import { Session } from '../../shared/train/session.ts';
import { packSafetensors, unpackSafetensors } from '../../shared/weights/safetensors.ts';
import { tf } from '../kit/backends.ts';

const FROZEN = ['backbone/stem', ...range(7).map((i) => `backbone/block${i}/`)];
const spec = {
  ...({ net: 'mobile', input: { size: 96, channels: 3 }, classes: 2, heads: ['cls'] } as const),
  frozen: FROZEN,
};

test('imported weights come through the file to the bit, and a step moves only what is not frozen', async () => {
  const model = createModel(spec);
  const given = initialise(model.layout, new Random(1));
  const file = packSafetensors(model.layout, given, {});
  const { weights } = unpackSafetensors(file, model.layout);
  expect(weights).toEqual(given);
  const random = new Random(2);
  const images = Float32Array.from({ length: 4 * 96 * 96 * 3 }, () => random.next());
  const session = await Session.start({
    ...{ tf, model, objective: supervised, config: { smoothing: 0 }, weights, seed: 1 },
    ...{ data: { images, count: 4, labels: Int32Array.of(0, 1, 0, 1) }, batch: 4 },
    ...{ momentum: 0, clip: 1, averageDecay: 0 },
  });
  // Twice: the classifier begins at zero, so that the first step reaches it alone.
  for (let step = 0; step < 2; step++)
    Object.values(session.step(0.1)).forEach((term) => term.dispose());
  const after = await session.weights();
  session.dispose();
  for (const { name, offset, size } of model.layout.entries) {
    const moved = after.subarray(offset, offset + size).some((v, i) => v !== given[offset + i]);
    expect(moved, name).toBe(!FROZEN.some((prefix) => name.startsWith(prefix)));
  }
  const sent = model.sent.layout.entries.map(({ name }) => name);
  expect(sent).toEqual(model.trained);
  expect(model.sent.layout.size).toBeLessThan(0.5 * model.layout.size);
});
