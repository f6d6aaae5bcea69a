import { rateAt, type Plan } from '../api/plan.ts';
import type { Recipe } from '../api/recipe.ts';
import { Random } from '../math/random.ts';
import { initialise, type Tf } from '../nn/params.ts';
import type { LocalData } from '../objectives/contract.ts';
import { Session } from './session.ts';

/**
 * The server's own learning on the labelled seed set: round 0 makes version 1 from fresh weights,
 * every later round follows an aggregation. Here, so that the labelled-only baseline takes the very
 * same steps as the edge does.
 */
export function serverSession(
  tf: Tf,
  { plan, model, server: { objective, settings } }: Recipe,
  { weights, data, round }: { weights: Float32Array; data: LocalData; round: number },
): Promise<Session> {
  const { batch, momentum, clip, averageDecay, optimiser } = plan.server;
  return Session.start({
    ...{ tf, model, objective, config: settings, weights, data },
    ...{ batch, momentum, clip, averageDecay, optimiser, seed: plan.seed * 100_003 + round },
  });
}

/** The weights that a project begins with. */
export function freshWeights({ plan, model }: Recipe): Float32Array {
  return initialise(model.layout, new Random(plan.seed).fork('weights'));
}

/** How many steps a round's server step has, and at which learning rate. */
export function serverPace(
  { server, rounds }: Plan,
  round: number,
): { steps: number; rate: number } {
  if (round === 0) return { steps: server.warmupSteps, rate: server.rate };
  return { steps: server.steps, rate: server.rate * rateAt(round, rounds) };
}
