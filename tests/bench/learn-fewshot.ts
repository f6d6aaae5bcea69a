import { parse } from 'valibot';
import { startBackend } from '../../client/tf.ts';
import {
  accuracyOver,
  fewShotAccuracy,
  type Episode,
  type EpisodeShape,
  type Interval,
} from '../../shared/evaluate/episodes.ts';
import { FEW_SHOT_HEADS } from '../../shared/fewshot/index.ts';
import { oneHot } from '../../shared/math/one-hot.ts';
import { Random } from '../../shared/math/random.ts';
import { createModel, type Model } from '../../shared/nn/model.ts';
import { dispose, initialise, unflatten, type Params, type Tf } from '../../shared/nn/params.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { OBJECTIVES } from '../../shared/objectives/index.ts';
import { makeView } from '../../shared/train/loader.ts';
import { Session } from '../../shared/train/session.ts';
import { CELLS, RUNGS, type Cell, type Rung } from './fewshot-cells.ts';
import { omniglot, type Split } from './omniglot.ts';
import { embeddingsOf, totalOf } from './pretraining.ts';
import type { Bench } from './run.ts';

/**
 * Meta-learning on Omniglot, judged on characters of alphabets that were not learnt from (Lake's split;
 * with `--rung hour` Vinyals's, with its rotations). Beside every system stand raw pixels and the same
 * network from fresh weights.
 * `--rung ci|minutes|hour`, `--only protonet,maml`, `--data DIR`.
 * @returns `<cell>Seed<n><task>`, shares recognised, `...Interval`, half of their 95 % interval, and
 *   `...Seconds`; tasks are 5w1s: 5 ways, 1 shot
 */
export const learnFewshot: Bench = async ({ options, say }) => {
  const rung = (options['rung'] ?? 'ci') as Rung;
  if (!Object.hasOwn(RUNGS, rung))
    throw new Error(`--rung ${rung}: there are ${Object.keys(RUNGS).join(', ')}`);
  const seeds = (options['seeds'] ?? '1').split(',').map(Number);
  const wanted = options['only']?.split(',') ?? Object.keys(CELLS);
  for (const name of wanted)
    if (!Object.hasOwn(CELLS, name))
      throw new Error(`--only ${name}: there are ${Object.keys(CELLS).join(', ')}`);
  const data = omniglot(options['data'], RUNGS[rung].split);
  const { tf } = await startBackend(['wasm']);
  const figures: Record<string, number> = {};
  for (const name of wanted)
    for (const seed of seeds) {
      const cell = CELLS[name]!;
      const begun = Date.now();
      const { weights, model } = await learnt(tf, cell, rung, data, seed, say);
      const seconds = (Date.now() - begun) / 1000;
      figures[`${name}Seed${seed}Seconds`] = seconds;
      say(`${name}, seed ${seed}: ${cell.steps[rung]} steps in ${seconds.toFixed(0)} s`);
      for (const [task, { mean, halfWidth }] of await judged(
        tf,
        cell,
        rung,
        model,
        weights,
        data.test,
      )) {
        figures[`${name}Seed${seed}${task}`] = mean;
        figures[`${name}Seed${seed}${task}Interval`] = halfWidth;
        say(`  ${task}: ${(100 * mean).toFixed(2)} ± ${(100 * halfWidth).toFixed(2)} %`);
      }
    }
  return { seeds, figures };
};

type Learnt = { weights: Float32Array; model: Model };

/** The moving average of the weights after the cell's steps. */
async function learnt(
  tf: Tf,
  cell: Cell,
  rung: Rung,
  { train, input }: Split,
  seed: number,
  say: (line: string) => void,
): Promise<Learnt> {
  const objective = OBJECTIVES[cell.objective];
  const config = parse(objective.config, cell.settings);
  const spec = { net: cell.net, input, classes: 2, heads: objective.heads };
  const model = createModel({ ...spec, own: objective.parameters?.(spec, config as never) ?? [] });
  const weights = initialise(model.layout, new Random(seed).fork('weights'));
  const steps = cell.steps[rung];
  if (steps === 0) return { weights, model };
  const { rate, clip, optimiser } = cell;
  const session = await Session.start({
    ...{ tf, model, objective, config, weights, data: train, seed, clip, optimiser },
    ...{ batch: 1, momentum: 0, averageDecay: 0.99 },
  });
  let seen = 0;
  for (let step = 0; step < steps; step++) {
    const terms = session.step(
      rate * (0.02 + 0.98 * 0.5 * (1 + Math.cos((Math.PI * step) / steps))),
    );
    seen += await totalOf(terms);
    if ((step + 1) % Math.ceil(steps / 10) !== 0) continue;
    say(`  step ${step + 1}: loss ${(seen / Math.ceil(steps / 10)).toFixed(4)}`);
    seen = 0;
  }
  const average = await session.averaged();
  session.dispose();
  return { weights: average, model };
}

/** Every task of the cell, by its name. */
async function judged(
  tf: Tf,
  cell: Cell,
  rung: Rung,
  model: Model,
  weights: Float32Array,
  test: LocalData,
): Promise<[string, Interval][]> {
  const params = unflatten(tf, model.layout, weights);
  const drawn = { episodes: RUNGS[rung].episodes, seed: 1 };
  const labels = test.labels!;
  const found: [string, Interval][] = [];
  const { adapt } = cell;
  const embeddings = adapt ? undefined : (await embeddingsOf(tf, model, params, test)).data;
  for (const [task, shape] of Object.entries(cell.tasks)) {
    if (adapt) {
      const score = (episode: Episode) =>
        adaptedScores(tf, model, params, cell, shape, episode, test);
      found.push([task, await accuracyOver(labels, shape, drawn, score)]);
    } else
      for (const head of cell.heads) {
        const of = { embeddings: embeddings!, dim: model.features, labels };
        const share = await fewShotAccuracy({ ...of, head: FEW_SHOT_HEADS[head] }, shape, drawn);
        found.push([`${task} ${head}`, share]);
      }
  }
  dispose(params);
  return found;
}

async function adaptedScores(
  tf: Tf,
  model: Model,
  params: Params,
  { adapt, settings, objective }: Cell,
  { ways, shots }: EpisodeShape,
  { support, query }: Episode,
  test: LocalData,
): Promise<Float32Array> {
  const config = parse(OBJECTIVES[objective].config, settings) as never;
  const scores = tf.tidy(() => {
    const view = (rows: number[]) =>
      makeView(tf, test, model.spec.input, 'plain', rows, new Random(1));
    const named = support.map((_, i) => Math.floor(i / shots));
    const labels = oneHot(tf, named, ways);
    return adapt!({ tf, model, config }, params, { images: view(support), labels } as never)(
      view(query),
    );
  });
  const numbers = (await scores.data()) as Float32Array;
  scores.dispose();
  return numbers;
}
