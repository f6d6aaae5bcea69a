import type { Recipe } from '../../shared/api/plan.ts';
import type { Tf } from '../../shared/nn/params.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { Session } from '../../shared/train/session.ts';
import type { Pace } from './pace.ts';

export type StepReport = {
  step: number;
  steps: number;
  /** The loss by term; null on steps whose numbers were not read back. */
  terms: Record<string, number> | null;
  imagesPerSecond: number;
};

export type RoundJob = {
  tf: Tf;
  recipe: Recipe;
  weights: Float32Array;
  data: LocalData;
  /** Multiplies the plan's local rate. */
  rate: number;
  seed: number;
  pace: Pace;
  onStep: (report: StepReport) => void;
};

export type RoundResult =
  | { kind: 'learnt'; weights: Float32Array; usable: number; report: Record<string, number> }
  | { kind: 'nothing'; reason: string; report: Record<string, number> };

/** Every so many steps the loss is read back: on a GPU each reading waits for the queue to drain. */
const READ_EVERY = 5;

/** One volunteer's round: the plan's local steps from the received weights. @throws the pace's reason when stopped. */
export async function trainRound(job: RoundJob): Promise<RoundResult> {
  const { tf, recipe, weights, data, rate, seed, pace, onStep } = job;
  const { plan, model, objective, settings } = recipe;
  const { local } = plan;
  const session = await Session.start({
    ...{ tf, model, objective, config: settings, weights, data, seed },
    ...{
      batch: local.batch,
      momentum: local.momentum,
      clip: local.clip,
      averageDecay: local.averageDecay,
    },
  });
  try {
    const report = session.report();
    if (session.usable === 0)
      return { kind: 'nothing', reason: 'no image was recognised with enough confidence', report };
    const start = performance.now();
    let rested = 0;
    for (let step = 1; step <= local.steps; step++) {
      const terms = session.step(local.rate * rate);
      const read = step % READ_EVERY === 0 || step === local.steps || step === 1;
      const numbers = read ? await readTerms(terms) : null;
      for (const tensor of Object.values(terms)) tensor.dispose();
      rested += await pace.breathe();
      const seconds = (performance.now() - start - rested) / 1000;
      onStep({
        step,
        steps: local.steps,
        terms: numbers,
        imagesPerSecond: (step * local.batch) / seconds,
      });
    }
    // The average of the last steps, not the last step: less noise for the crowd to average away.
    return { kind: 'learnt', weights: await session.averaged(), usable: session.usable, report };
  } finally {
    session.dispose();
  }
}

async function readTerms(terms: Record<string, { data(): Promise<ArrayLike<number>> }>) {
  const read = await Promise.all(
    Object.entries(terms).map(
      async ([name, tensor]) => [name, (await tensor.data())[0] as number] as const,
    ),
  );
  return Object.fromEntries(read);
}
