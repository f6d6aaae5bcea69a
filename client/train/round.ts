import type { Recipe } from '../../shared/api/recipe.ts';
import type { Tf } from '../../shared/nn/params.ts';
import type { LocalData, LossTerms } from '../../shared/objectives/contract.ts';
import { Session, type Snapshot } from '../../shared/train/session.ts';
import type { ViewMaker } from '../../shared/train/view-order.ts';
import type { Pace } from './pace.ts';
import { unless } from './unless.ts';

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
  /** Makes the steps' views beside training; left out, training makes them between two steps. */
  viewMaker?: ViewMaker | undefined;
  /** Aborted when what tfjs computes on goes away: a read of a lost WebGL context would never settle. */
  lost?: AbortSignal | undefined;
  /** Where this very round was left: same weights, images and seed. Its result is the same as without the break. */
  from?: Snapshot | undefined;
  onStep: (report: StepReport) => void;
  /** Handed the class that each image is learnt as, where the round fixes it: they stay where they are made. */
  onLabels?: (labels: Int32Array) => void;
  /** Handed a place to go on from every few seconds, and at once when paused. */
  onSnapshot?: (snapshot: Snapshot) => void;
};

export type RoundResult =
  | { kind: 'learnt'; weights: Float32Array; usable: number; report: Record<string, number> }
  | { kind: 'nothing'; reason: string; report: Record<string, number> };

/** Every so many steps the loss is read back: on a GPU each reading waits for the queue to drain. */
const READ_EVERY = 5;

/**
 * Milliseconds of work that a reload may cost: few at first, for short rounds; then more and more,
 * since a snapshot is three times the model, and a disk wears out.
 */
const SAVE_FIRST = 1000;
const SAVE_LONGEST = 10_000;

/** The share of the time that saving may take, where reading back from a GPU is slow. */
const SAVE_SHARE = 0.02;

/** One volunteer's round: the plan's local steps from the received weights. @throws the pace's reason when stopped. */
export async function trainRound(job: RoundJob): Promise<RoundResult> {
  const session = await unless(job.lost, begin(job));
  try {
    const report = session.report();
    const labels = session.labels();
    if (labels) job.onLabels?.(labels);
    if (session.usable === 0)
      return { kind: 'nothing', reason: 'no image was recognised with enough confidence', report };
    if (job.from) session.resume(job.from);
    await learn(session, job);
    // The average of the last steps, not the last step: less noise for the crowd to average away.
    const weights = await unless(job.lost, session.averaged());
    return { kind: 'learnt', weights, usable: session.usable, report };
  } finally {
    session.dispose();
  }
}

function begin({ tf, recipe, weights, data, seed, viewMaker }: RoundJob): Promise<Session> {
  const { plan, model, objective, settings } = recipe;
  const { batch, optimiser, momentum, clip, averageDecay, proximal, sharpness } = plan.local;
  return Session.start({
    ...{ tf, model, objective, config: settings, weights, data, seed, viewMaker },
    ...{ batch, optimiser, momentum, clip, averageDecay, proximal, sharpness },
  });
}

async function learn(session: Session, job: RoundJob): Promise<void> {
  const { rate, pace, from, onStep } = job;
  const { local } = job.recipe.plan;
  const before = from?.steps ?? 0;
  const save = saver(session, job);
  const start = performance.now();
  let rested = 0;
  for (let step = before + 1; step <= local.steps; step++) {
    await unless(job.lost, session.ready());
    const terms = session.step(local.rate * rate);
    const read = step % READ_EVERY === 0 || step === local.steps || step === before + 1;
    const numbers = read ? await unless(job.lost, readTerms(terms)) : null;
    for (const tensor of Object.values(terms)) tensor.dispose();
    await save('if due');
    rested += await pace.breathe(() => save('now'));
    const seconds = (performance.now() - start - rested) / 1000;
    const imagesPerSecond = ((step - before) * local.batch) / seconds;
    onStep({ step, steps: local.steps, terms: numbers, imagesPerSecond });
  }
}

/** Hands out snapshots: when one is due, or at once. */
function saver(session: Session, job: RoundJob) {
  const { onSnapshot } = job;
  let interval = SAVE_FIRST;
  let due = performance.now() + interval;
  return async (when: 'if due' | 'now'): Promise<void> => {
    const start = performance.now();
    if (!onSnapshot || (when === 'if due' && start < due)) return;
    onSnapshot(await unless(job.lost, session.snapshot()));
    const end = performance.now();
    interval = Math.min(2 * interval, SAVE_LONGEST);
    due = end + Math.max(interval, (end - start) / SAVE_SHARE);
  };
}

async function readTerms(terms: LossTerms): Promise<Record<string, number>> {
  const read = await Promise.all(
    Object.entries(terms).map(
      async ([name, tensor]) => [name, (await tensor.data())[0] as number] as const,
    ),
  );
  return Object.fromEntries(read);
}
