import { localSeed, rateAt, type Recipe } from '../../shared/api/plan.ts';
import { Random } from '../../shared/math/random.ts';
import type { Tf } from '../../shared/nn/params.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { freshWeights, serverPace, serverSession } from '../../shared/train/server.ts';
import { open } from '../../shared/weights/codec.ts';
import { addScaled } from '../../shared/weights/delta.ts';
import { encodeDelta } from '../train/delta.ts';
import { Pace } from '../train/pace.ts';
import { trainRound } from '../train/round.ts';

export type Federation = {
  tf: Tf;
  recipe: Recipe;
  /** The server's labelled seed set. */
  seed: LocalData;
  /** A volunteer each; none at all gives the labelled-only baseline. */
  volunteers: LocalData[];
  rounds: number;
  /** Called with the weights after round 0 (the server's first steps alone) and after every round. */
  onRound: (round: number, weights: Float32Array) => Promise<void>;
};

/**
 * The rounds of the edge and its volunteers in one process, without a network: the same local
 * rounds, codec, aggregation and server steps, in the same order, from the same seeds. There is no
 * quality gate: every candidate is built upon.
 */
export async function simulate({
  tf,
  recipe,
  seed,
  volunteers,
  rounds,
  onRound,
}: Federation): Promise<Float32Array> {
  let weights = freshWeights(recipe);
  let memory: Float32Array | undefined;
  const residuals: (Float32Array | null)[] = volunteers.map(() => null);
  for (let round = 0; round <= rounds; round++) {
    if (round > 0 && volunteers.length > 0) {
      const combined = await crowd(tf, recipe, volunteers, weights, round, memory, residuals);
      memory = combined.memory;
      weights = combined.weights;
    }
    weights = await serverStep(tf, recipe, seed, weights, round);
    await onRound(round, weights);
  }
  return weights;
}

async function crowd(
  tf: Tf,
  recipe: Recipe,
  volunteers: LocalData[],
  weights: Float32Array,
  round: number,
  memory: Float32Array | undefined,
  residuals: (Float32Array | null)[],
): Promise<{ weights: Float32Array; memory: Float32Array | undefined }> {
  const { plan, model, pipeline } = recipe;
  const tally = pipeline.begin(model.layout.size);
  const rate = rateAt(round, plan.rounds);
  const pace = new Pace(new AbortController().signal);
  for (const [i, data] of volunteers.entries()) {
    const chance = localSeed(plan.seed, round, i);
    const job = { tf, recipe, weights, data, rate, pace, seed: chance, onStep: () => undefined };
    const result = await trainRound(job);
    if (result.kind === 'nothing') continue;
    const random = new Random(chance).fork('codec');
    const residual = residuals[i] ?? null;
    const encoded = encodeDelta(plan.codec, result.weights, weights, random, residual);
    residuals[i] = encoded.residual;
    const { message } = encoded;
    tally.add(open(message, { count: model.layout.size }), result.usable);
  }
  if (tally.count === 0) return { weights, memory };
  const mean = await pipeline.combine([tally], { layout: model.layout, base: weights });
  const { step, afterState } = pipeline.step(mean, memory);
  const next = weights.slice();
  addScaled(next, step, 1);
  return { weights: next, memory: afterState };
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
