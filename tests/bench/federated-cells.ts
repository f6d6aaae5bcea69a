import { join } from 'node:path';
import { parse } from 'valibot';
import { simulate } from '../../client/sim/federation.ts';
import { partitionOf } from '../../client/sim/partition.ts';
import { folderTask, handwritingTask, pick, type Task } from '../../client/sim/task.ts';
import { startBackend } from '../../client/tf.ts';
import { PlanSchema, type PlanInput } from '../../shared/api/plan.ts';
import { recipeOf, type Recipe } from '../../shared/api/recipe.ts';
import { Random, range } from '../../shared/math/random.ts';
import { fixmatch } from '../../shared/objectives/semi/fixmatch.ts';
import { accuracyOf } from '../../shared/train/evaluate.ts';
import { freshWeights } from '../../shared/train/server.ts';
import { Session } from '../../shared/train/session.ts';
import type { Cell, CellContext, Rung } from './learn-cell.ts';

/** How much is learnt in a rung: a task, how many images the crowd has, and the pace. */
type Size = {
  task(context: CellContext): Promise<Task>;
  images: number;
  /** Of central FixMatch, of 32 labelled and 96 unlabelled images each. */
  central: number;
  plan: PlanInput;
};

const VOLUNTEERS = 10;

const MINUTES: Size = {
  task: ({ seed, folder }) =>
    folderTask(join(folder(), 'mnist'), { input: { size: 28, channels: 1 }, seed, labels: 10 }),
  images: 10_000,
  central: 1500,
  plan: {
    local: { steps: 30, batch: 32, rate: 0.05 },
    server: { warmupSteps: 300, steps: 30, batch: 32, rate: 0.05 },
    rounds: 20,
  },
};

const SIZES: Record<Rung, Size> = {
  ci: {
    task: async ({ seed }) => handwritingTask(seed),
    images: 800,
    central: 0,
    plan: {
      local: { steps: 10, batch: 16, rate: 0.05 },
      server: { warmupSteps: 100, steps: 10, batch: 32, rate: 0.05 },
      rounds: 3,
    },
  },
  minutes: MINUTES,
  hour: { ...MINUTES, central: 6000, plan: { ...MINUTES.plan, rounds: 100 } },
};

/** SemiFL (Diao et al. 2022): labels fixed for a round by the received model, a server's step after each. */
const SEMIFL: PlanInput = {
  objective: {
    id: 'fixmatch',
    settings: { labels: 'round', target: 'soft', threshold: 0, temperature: 0.6 },
  },
};

type Way = { partition: string; plan: PlanInput };

/** By name: each differs from `semifl` in one thing. */
const WAYS: Record<string, Way> = {
  semifl: { partition: 'iid', plan: SEMIFL },
  semiflTwoClasses: { partition: 'classes:2', plan: SEMIFL },
  fedprox: { partition: 'classes:2', plan: { ...SEMIFL, local: { proximal: 0.1 } } },
  sharpness: { partition: 'classes:2', plan: { ...SEMIFL, local: { sharpness: 0.5 } } },
};

/**
 * 10 volunteers, all asked, beside the server's labels: the lower bound takes the server's same steps
 * alone, the upper one is FixMatch with labels and images in one place.
 */
export const federatedCells: readonly Cell[] = [
  ...Object.keys(WAYS).map((name): Cell => ({
    name,
    rungs: name.startsWith('semifl') ? ['ci', 'minutes', 'hour'] : ['minutes', 'hour'],
    run: async (context) => ({
      accuracy: {
        ours: await crowd(context, name),
        lower: await labelledOnly(context),
        // In seconds a central run has not begun to learn: it starts from nothing.
        ...(context.rung !== 'ci' && { upper: await central(context) }),
      },
    }),
    bars: { ci: { accuracy: 'lower' }, minutes: { accuracy: 0.965 }, hour: { accuracy: 0.97 } },
  })),
  {
    name: 'skew',
    rungs: ['minutes', 'hour'],
    // One less the distance: two classes a volunteer must cost no more than a point.
    run: async (context) => {
      const [even, skewed] = [
        await crowd(context, 'semifl'),
        await crowd(context, 'semiflTwoClasses'),
      ];
      return { agreement: { ours: 1 - Math.abs(even - skewed) } };
    },
    bars: { minutes: { agreement: 0.99 }, hour: { agreement: 0.99 } },
  },
];

const taskOf = (context: CellContext) =>
  context.once('task', () => SIZES[context.rung].task(context));

const labelledOnly = (context: CellContext) =>
  context.once('labelled only', () => learnt(context, SEMIFL, undefined));

function crowd(context: CellContext, name: string): Promise<number> {
  const { plan, partition } = WAYS[name]!;
  return context.once(name, () => learnt(context, plan, partition));
}

function recipeIn({ rung, seed }: CellContext, { plan, classes }: Task, way: PlanInput): Recipe {
  const size = SIZES[rung].plan;
  const local = { ...size.local, ...way.local };
  return recipeOf(parse(PlanSchema, { ...plan, ...size, ...way, local, seed }), classes);
}

/** @param partition of the crowd's images; without one there is no crowd  @returns share of test images */
async function learnt(
  context: CellContext,
  plan: PlanInput,
  partition: string | undefined,
): Promise<number> {
  const task = await taskOf(context);
  const recipe = recipeIn(context, task, plan);
  const { tf } = await startBackend(['wasm']);
  const weights = await simulate({
    ...{ tf, recipe, seed: task.labelled, rounds: recipe.plan.rounds },
    volunteers: partition === undefined ? [] : dealt(context, task, partition),
    onRound: async (round) => {
      if (round % 5 === 0) context.say(`  ${partition ?? 'labelled only'}, round ${round}`);
    },
  });
  return accuracyOf(tf, recipe.model, weights, task.test);
}

function dealt({ rung, seed }: CellContext, { crowd: all }: Task, partition: string) {
  const few = pick(all, range(Math.min(SIZES[rung].images, all.count)));
  const deal = partitionOf(partition);
  const lists = deal({ ...few, writers: null }, VOLUNTEERS, new Random(seed).fork('partition'));
  return lists.map((rows) => {
    const { images, count } = pick(few, rows);
    return { images, count };
  });
}

/** FixMatch as the paper has it, on the same images, Adam at 2e-3 along its 7/16 of a cosine. */
function central(context: CellContext): Promise<number> {
  return context.once('central', async () => {
    const { rung, seed } = context;
    const task = await taskOf(context);
    const recipe = recipeIn(context, task, SEMIFL);
    const { model } = recipe;
    const { tf } = await startBackend(['wasm']);
    const { images, count } = pick(
      task.crowd,
      range(Math.min(SIZES[rung].images, task.crowd.count)),
    );
    const session = await Session.start({
      ...{ tf, model, objective: fixmatch, weights: freshWeights(recipe) },
      config: parse(fixmatch.config, { labels: 'step', alignment: false }),
      ...{ data: { images, count }, batch: 96, labelled: { data: task.labelled, batch: 32 } },
      ...{ optimiser: 'adam', momentum: 0.9, clip: 1, averageDecay: 0.99, seed },
    });
    const steps = SIZES[rung].central;
    for (let step = 0; step < steps; step++) {
      const terms = session.step(2e-3 * Math.cos((7 * Math.PI * step) / (16 * steps)));
      Object.values(terms).forEach((term) => term.dispose());
    }
    const weights = await session.averaged();
    session.dispose();
    return accuracyOf(tf, model, weights, task.test);
  });
}
