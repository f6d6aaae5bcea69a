import { join } from 'node:path';
import { parse } from 'valibot';
import { viewThread } from '../../client/cli/thread/open-views.ts';
import {
  folderTask,
  handwritingTask,
  pick,
  type Labelled,
  type Task,
} from '../../client/sim/task.ts';
import { startBackend } from '../../client/tf.ts';
import { Random, range } from '../../shared/math/random.ts';
import { createModel, type Model } from '../../shared/nn/model.ts';
import { initialise, type Tf } from '../../shared/nn/params.ts';
import type { LocalData, Objective } from '../../shared/objectives/contract.ts';
import { OBJECTIVES } from '../../shared/objectives/index.ts';
import { supervised } from '../../shared/objectives/supervised/supervised.ts';
import { accuracyOf } from '../../shared/train/evaluate.ts';
import { Session, type SessionOptions } from '../../shared/train/session.ts';
import type { ViewMaker } from '../../shared/train/view-order.ts';
import type { Bench } from './run.ts';
import { CELLS, type Cell } from './ssl-cells.ts';

type Rung = {
  steps: number;
  labelled: number;
  unlabelled: number;
  task(seed: number): Promise<Task>;
};

const INPUT = { size: 28, channels: 1 as const };
/** Adam's, as MixMatch, pseudo-labels and Mean Teacher have it in their authors' code; it falls as FixMatch's does. */
const RATE = 2e-3;
const ADAM = { optimiser: 'adam', momentum: 0.9, clip: 1, averageDecay: 0.99 } as const;

function rungs(data: string | undefined): Record<string, Rung> {
  const folder = data && join(data, 'mnist');
  const mnist = (seed: number) => {
    if (!folder) throw new Error('--data DIR names the folder that has mnist/ in it');
    return folderTask(folder, { input: INPUT, seed, labels: 10 });
  };
  return {
    ci: { steps: 300, labelled: 32, unlabelled: 64, task: async (seed) => handwritingTask(seed) },
    minutes: { steps: 2000, labelled: 32, unlabelled: 128, task: mnist },
  };
}

/**
 * Semi-supervised systems with labels and unlabelled images in one place: the labelled alone under the
 * same augmentation, each system, and all labels known (the upper bound). The `ci` rung learns
 * handwriting, one labelled writer, in seconds a cell; `minutes` MNIST with 10 labels a class. Moving
 * averages of the weights are judged: on validation images, to choose by, and on test images.
 */
export const learnSsl: Bench = async ({ options, say }) => {
  const seeds = (options['seeds'] ?? '1').split(',').map(Number);
  const named = options['rung'] ?? 'ci';
  const rung = rungs(options['data'])[named];
  if (!rung) throw new Error(`--rung ${named}: there are ci and minutes`);
  const steps = Number(options['steps'] ?? rung.steps);
  const chosen = options['only']?.split(',') ?? Object.keys(CELLS);
  for (const name of chosen)
    if (!CELLS[name]) throw new Error(`--only ${name}: there are ${Object.keys(CELLS).join(', ')}`);
  const { tf } = await startBackend(['wasm']);
  const thread = viewThread();
  const figures: Record<string, number> = {};
  for (const name of chosen)
    for (const seed of seeds) {
      const task = await rung.task(seed);
      const started = performance.now();
      const run = { tf, task, rung: { ...rung, steps }, seed, viewMaker: thread?.make };
      const { model, weights } = await learnCell(CELLS[name]!, run);
      const seconds = (performance.now() - started) / 1000;
      const [validation, test] = [
        await accuracyOf(tf, model, weights, task.validation),
        await accuracyOf(tf, model, weights, task.test),
      ];
      Object.assign(figures, {
        [`${name}ValidationSeed${seed}`]: validation,
        [`${name}TestSeed${seed}`]: test,
        [`${name}SecondsSeed${seed}`]: seconds,
      });
      say(
        `${name}, seed ${seed}: validation ${(100 * validation).toFixed(2)}, test ${(100 * test).toFixed(2)} %, ${seconds.toFixed(0)} s`,
      );
    }
  thread?.close();
  return { seeds, figures };
};

type Run = { tf: Tf; task: Task; rung: Rung; seed: number; viewMaker: ViewMaker | undefined };

/** From fresh weights to a cell's averaged ones. */
async function learnCell(cell: Cell, run: Run): Promise<{ model: Model; weights: Float32Array }> {
  const { task, rung, seed } = run;
  const objective: Objective = OBJECTIVES[cell.objective];
  const spec = { net: 'strided' as const, input: INPUT, classes: task.classes };
  const heads = [...new Set(['cls' as const, ...objective.heads])];
  const whole = { ...spec, heads };
  const config = parse(objective.config, cell.settings?.(rung.steps) ?? {});
  const model = createModel({ ...whole, own: objective.parameters?.(whole, config) ?? [] });
  let weights = initialise(model.layout, new Random(seed).fork('weights'));
  const parts = cell.rounds ?? 1;
  for (const round of range(parts)) {
    // Labels that last a round are not made from weights that have learnt nothing.
    const isFirst = parts > 1 && round === 0;
    const of = isFirst ? labelledAlone(task, rung) : learning(cell, task, rung);
    weights = await stretch(run, {
      ...{ tf: run.tf, model, weights, seed: seed * 1009 + round, ...ADAM },
      ...{ objective, config, ...of, viewMaker: run.viewMaker },
      ...{ from: (round * rung.steps) / parts, to: ((round + 1) * rung.steps) / parts },
    });
  }
  return { model, weights };
}

type Learning = Pick<SessionOptions, 'data' | 'batch' | 'labelled'> & Partial<SessionOptions>;

function labelledAlone({ labelled: data }: Task, { labelled: batch }: Rung): Learning {
  return { objective: supervised, config: parse(supervised.config, {}), data, batch };
}

/** What a cell learns from: the crowd's images without their labels, and the labelled; or only some of it. */
function learning(cell: Cell, task: Task, rung: Rung): Learning {
  if (cell.sees === 'labelled') return labelledAlone(task, rung);
  if (cell.sees === 'all labels')
    return {
      ...labelledAlone(task, rung),
      data: joined(task.labelled, task.crowd),
      batch: rung.unlabelled,
    };
  const { images, count } = pick(
    task.crowd,
    range(Math.min(task.crowd.count, cell.most ?? Infinity)),
  );
  const labelled = { data: task.labelled as LocalData, batch: rung.labelled };
  return { data: { images, count }, batch: rung.unlabelled, labelled };
}

function joined(a: Labelled, b: Labelled): Labelled {
  const images = new Float32Array(a.images.length + b.images.length);
  images.set(a.images);
  images.set(b.images, a.images.length);
  return { images, count: a.count + b.count, labels: Int32Array.from([...a.labels, ...b.labels]) };
}

/**
 * Steps `from` to `to` of a run, at a rate that falls by FixMatch's 7/16 of a cosine; from the labelled
 * alone where the objective is sure of no other image yet. @returns averaged weights
 */
async function stretch(
  run: Run,
  { from, to, ...options }: SessionOptions & { from: number; to: number },
): Promise<Float32Array> {
  const { task, rung } = run;
  const session = await Session.start(options);
  try {
    if (session.usable === 0)
      return await stretch(run, {
        ...options,
        from,
        to,
        ...labelledAlone(task, rung),
        labelled: undefined,
      });
    for (let step = Math.round(from); step < Math.round(to); step++) {
      await session.ready();
      const terms = session.step(RATE * Math.cos((7 * Math.PI * step) / (16 * rung.steps)));
      Object.values(terms).forEach((term) => term.dispose());
    }
    return await session.averaged();
  } finally {
    session.dispose();
  }
}
