import * as v from 'valibot';
import type { Params, Scalar } from '../../nn/params.ts';
import {
  adapted,
  descend,
  taskLoss,
  waysLogits,
  waysSpecs,
  type Adapting,
} from '../../train/adaptation.ts';
import { defineObjective } from '../contract.ts';
import { episodeSettings, inEpisodes, tasksOf, type Adapt } from '../../train/episodes.ts';
import { between, wholeBetween } from '../settings.ts';

const config = v.strictObject({
  ...episodeSettings,
  /** Episodes whose losses make one step. */
  tasks: v.optional(wholeBetween(1, 32), 2),
  /** Steps of adaptation to an episode's support. */
  steps: v.optional(wholeBetween(1, 10), 1),
  innerRate: v.optional(between(0.001, 2), 0.4),
  /**
   * first: the adaptation counts as a constant, at a third of the time for a point or two (the paper's
   * table 1). second: the exact gradient, through the adaptation's own.
   */
  order: v.optional(v.picklist(['first', 'second']), 'first'),
  /** head: only the classifier adapts (ANIL, Raghu et al. 2020, arXiv:1909.09157), as well as all do. */
  adapts: v.optional(v.picklist(['all', 'head']), 'all'),
});
type Config = v.InferOutput<typeof config>;

const HEAD = 'own/maml';

/**
 * Model-agnostic meta-learning (Finn et al. 2017): weights from which a step or two on a handful of
 * examples make a good classifier.
 */
export const maml = defineObjective({
  ...inEpisodes,
  title: 'MAML',
  paper: 'https://arxiv.org/abs/1703.03400',
  summary:
    'Learns weights from which one or two gradient steps on a few examples make a good classifier of new classes. For projects whose users fine-tune; where classes are only compared, prototypical networks cost less.',
  heads: [],
  config,
  parameters: (spec, { ways }) => waysSpecs(HEAD, spec, ways),
  targets(context) {
    const { tf, model, params, config: settings } = context;
    const on: Adapting = { tf, model, head: HEAD };
    if (settings.order === 'second') return {};
    const names = adapted(on, settings.adapts);
    const moves = tasksOf(context, settings.ways).map(({ support }, task) => {
      const fast = descend(on, params, names, support, paceOf(settings));
      return names.map((name) => [`${task} ${name}`, tf.sub(params[name]!, fast[name]!)] as const);
    });
    return Object.fromEntries(moves.flat());
  },
  loss(context, moves) {
    const { tf, model, params, config: settings } = context;
    const on: Adapting = { tf, model, head: HEAD };
    const names = adapted(on, settings.adapts);
    const losses = tasksOf(context, settings.ways).map(({ support, query }, task) => {
      if (settings.order === 'second')
        return taskLoss(on, descend(on, params, names, support, paceOf(settings)), query);
      const moved = names.map((name) => [name, tf.sub(params[name]!, moves[`${task} ${name}`]!)]);
      return taskLoss(on, { ...params, ...(Object.fromEntries(moved) as Params) }, query);
    });
    return { adapted: tf.div(tf.addN(losses), losses.length) as Scalar };
  },
});

/** The classifier after as many steps on the support as it was learnt with. */
export const adaptMaml: Adapt<Config> = ({ tf, model, config: settings }, params, support) => {
  const on: Adapting = { tf, model, head: HEAD };
  const fast = descend(on, params, adapted(on, settings.adapts), support, paceOf(settings));
  return (query) => waysLogits(on, fast, query);
};

function paceOf({ steps, innerRate }: Config): { steps: number; rate: number } {
  return { steps, rate: innerRate };
}
