import * as v from 'valibot';
import { expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { initialise } from '../../shared/nn/params.ts';
import { OBJECTIVES, type ObjectiveId } from '../../shared/objectives/index.ts';
import type { SessionOptions } from '../../shared/train/session.ts';
import { digest, run, smallModel, startSession, stripes, unlabelled } from '../train/stripes.ts';

const MODEL = smallModel('cls');
const WEIGHTS = initialise(MODEL.layout, new Random(1));
const [FEW, CROWD] = [stripes(24, 2), unlabelled(stripes(48, 3))];
const LABELLED = { data: FEW, batch: 8 };

/** The weights after six steps of a central run. */
async function learnt(id: ObjectiveId, settings: object, options: Partial<SessionOptions>) {
  const objective = OBJECTIVES[id];
  const config = v.parse(objective.config, settings);
  const of = { model: MODEL, objective, config, weights: WEIGHTS, data: CROWD };
  const session = await startSession({ ...of, ...options });
  await run(session, 6, 0.05);
  const weights = await session.weights();
  session.dispose();
  return digest(weights);
}

const unsure = { labels: 'step', threshold: 1.01 };

test.each([
  ['fixmatch', unsure],
  ['fixmatch', { ...unsure, mix: true }],
  ['pseudo-label', unsure],
] as const)(
  '%s that is never sure is supervised learning of the labelled images, to the bit',
  async (id, settings) => {
    const alone = await learnt('supervised', {}, { data: FEW, batch: LABELLED.batch });
    expect(await learnt(id, settings, { labelled: LABELLED })).toBe(alone);
    const sure = { ...settings, threshold: 0 };
    expect(await learnt(id, sure, { labelled: LABELLED })).not.toBe(alone);
  },
);

test('Mean Teacher whose average forgets at once is the Pi-model, to the bit', async () => {
  const of = (id: ObjectiveId, averageDecay: number) =>
    learnt(id, { weight: 3, rampSteps: 4 }, { labelled: LABELLED, averageDecay });
  expect(await of('mean-teacher', 0)).toBe(await of('pi-model', 0));
  expect(await of('mean-teacher', 0.9)).not.toBe(await of('pi-model', 0.9));
});
