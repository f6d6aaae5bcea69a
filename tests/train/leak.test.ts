/** Nothing is left behind by a step, counted over many: a tab may learn for days. */
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { createModel } from '../../shared/nn/model.ts';
import { initialise } from '../../shared/nn/params.ts';
import { OBJECTIVES } from '../../shared/objectives/index.ts';
import { tf } from '../kit/backends.ts';
import { CLASSES, SMALL, startSession, stripes } from './stripes.ts';

const STEPS = 10_000;

/** The last layers learn, so that a step is 1 ms; what every layer leaves behind is tested by objective. */
const FROZEN = [1, 2, 3].flatMap((layer) => [`backbone/conv${layer}/`, `backbone/norm${layer}/`]);

/** What tfjs has given out, and how far it has grown the memory that it gives out from. */
const held = () => {
  const { numTensors, numBytes, numDataBuffers } = tf.memory();
  const { HEAPU8 } = (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm;
  const inBackend = tf.engine().backend.numDataIds();
  return { numTensors, numBytes, numDataBuffers, inBackend, heap: HEAPU8.length };
};

test('ten thousand steps hold as many tensors and bytes as one', async () => {
  const objective = OBJECTIVES.supervised;
  const spec = { net: 'strided', input: SMALL, classes: CLASSES, frozen: FROZEN } as const;
  const model = createModel({ ...spec, heads: objective.heads });
  const before = held();
  const session = await startSession({
    ...{ model, objective, data: stripes(6, 1), batch: 1, proximal: 0.01 },
    ...{ config: v.parse(objective.config, {}), weights: initialise(model.layout, new Random(1)) },
  });
  const step = () => Object.values(session.step(1e-3)).forEach((term) => term.dispose());
  step();
  const first = held();
  for (let taken = 1; taken < STEPS; taken++) step();
  expect(held()).toEqual(first);
  session.dispose();
  expect(held()).toEqual(before);
});
