import type { Recipe } from '../../shared/api/recipe.ts';
import type { Tf } from '../../shared/nn/params.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { freshWeights, serverPace, serverSession } from '../../shared/train/server.ts';
import { Crowd, NOTHING, type CrowdOptions, type Sent } from './crowd.ts';

/** No volunteers at all give the labelled-only baseline. */
export type Federation = CrowdOptions & {
  /** The server's labelled seed set. */
  seed: LocalData;
  rounds: number;
  /** Called with the weights after round 0 (the server's first steps alone) and after every round. */
  onRound: (round: number, weights: Float32Array, sent: Sent) => Promise<void>;
};

/**
 * The rounds of the edge and its volunteers in one process, without a network: the same local
 * rounds, codec, aggregation and server steps, in the same order, from the same seeds. There is no
 * quality gate: every candidate is built upon.
 */
export async function simulate(federation: Federation): Promise<Float32Array> {
  const { tf, recipe, seed, volunteers, rounds, onRound } = federation;
  const crowd = new Crowd(federation);
  let weights = freshWeights(recipe);
  for (let round = 0; round <= rounds; round++) {
    let sent = NOTHING;
    if (round > 0 && volunteers.length > 0) ({ weights, sent } = await crowd.round(round, weights));
    weights = await serverStep(tf, recipe, seed, weights, round);
    await onRound(round, weights, sent);
  }
  return weights;
}

async function serverStep(
  tf: Tf,
  recipe: Recipe,
  data: LocalData,
  weights: Float32Array,
  round: number,
): Promise<Float32Array> {
  const { steps, rate } = serverPace(recipe.plan, round);
  const session = await serverSession(tf, recipe, { weights, data, round });
  try {
    for (let step = 0; step < steps; step++)
      for (const term of Object.values(session.step(rate))) term.dispose();
    return await session.averaged();
  } finally {
    session.dispose();
  }
}
