import { localSeed, rateAt, type Recipe } from '../../shared/api/plan.ts';
import { Random, range } from '../../shared/math/random.ts';
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
  /** Volunteers of a round, drawn anew for each from the plan's seed; left out, all of them. */
  asked?: number | undefined;
  /** Called with the weights after round 0 (the server's first steps alone) and after every round. */
  onRound: (round: number, weights: Float32Array, crowd: Crowd) => Promise<void>;
  /** Called when another of a round's volunteers is done. */
  onVolunteer?: ((round: number, done: number) => void) | undefined;
};

/** What the volunteers of a round have sent: deltas, images they were learnt from, bytes. */
export type Crowd = { deltas: number; images: number; bytes: number };

/**
 * The rounds of the edge and its volunteers in one process, without a network: the same local
 * rounds, codec, aggregation and server steps, in the same order, from the same seeds. There is no
 * quality gate: every candidate is built upon.
 */
export async function simulate(federation: Federation): Promise<Float32Array> {
  const { tf, recipe, seed, volunteers, rounds, onRound } = federation;
  let weights = freshWeights(recipe);
  let memory: Float32Array | undefined;
  const residuals: (Float32Array | null)[] = volunteers.map(() => null);
  for (let round = 0; round <= rounds; round++) {
    const sent: Crowd = { deltas: 0, images: 0, bytes: 0 };
    if (round > 0 && volunteers.length > 0) {
      const combined = await crowd(federation, { weights, round, memory, residuals, sent });
      memory = combined.memory;
      weights = combined.weights;
    }
    weights = await serverStep(tf, recipe, seed, weights, round);
    await onRound(round, weights, sent);
  }
  return weights;
}

type State = {
  weights: Float32Array;
  round: number;
  /** Of the aggregation's last part. */
  memory: Float32Array | undefined;
  /** What each volunteer's last message lost. */
  residuals: (Float32Array | null)[];
  sent: Crowd;
};

async function crowd(
  federation: Federation,
  { weights, round, memory, residuals, sent }: State,
): Promise<{ weights: Float32Array; memory: Float32Array | undefined }> {
  const { tf, recipe, volunteers } = federation;
  const { plan, model, pipeline } = recipe;
  const tally = pipeline.begin(model.layout.size);
  const rate = rateAt(round, plan.rounds);
  const pace = new Pace(new AbortController().signal);
  for (const [i, who] of drawn(federation, round).entries()) {
    const chance = localSeed(plan.seed, round, i);
    const data = volunteers[who] as LocalData;
    const job = { tf, recipe, weights, data, rate, pace, seed: chance, onStep: () => undefined };
    const result = await trainRound(job);
    federation.onVolunteer?.(round, i + 1);
    if (result.kind === 'nothing') continue;
    const random = new Random(chance).fork('codec');
    const residual = residuals[who] ?? null;
    const encoded = encodeDelta(plan.codec, result.weights, weights, random, residual);
    residuals[who] = encoded.residual;
    const { message } = encoded;
    tally.add(open(message, { count: model.layout.size }), result.usable);
    sent.deltas++;
    sent.images += result.usable;
    sent.bytes += message.byteLength;
  }
  if (tally.count === 0) return { weights, memory };
  const mean = await pipeline.combine([tally], { layout: model.layout, base: weights });
  const { step, afterState } = pipeline.step(mean, memory);
  const next = weights.slice();
  addScaled(next, step, 1);
  return { weights: next, memory: afterState };
}

/** Who is asked in a round, in the order in which they came. */
function drawn({ volunteers, asked, recipe }: Federation, round: number): number[] {
  const all = range(volunteers.length);
  if (asked === undefined || asked >= all.length) return all;
  const random = new Random(recipe.plan.seed).fork(`asked in round ${round}`);
  return random
    .shuffle(all)
    .slice(0, asked)
    .sort((a, b) => a - b);
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
