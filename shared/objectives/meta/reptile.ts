import * as v from 'valibot';
import type { Params, Scalar, Tensor, Tensor2D, Tensor4D, Tf } from '../../nn/params.ts';
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
  /** Episodes whose moves are averaged in one step. */
  tasks: v.optional(wholeBetween(1, 32), 1),
  /** Steps of learning an episode, each on all of its images. */
  steps: v.optional(wholeBetween(2, 50), 5),
  innerRate: v.optional(between(0.001, 2), 0.1),
});
type Config = v.InferOutput<typeof config>;

const HEAD = 'own/reptile';

/**
 * Reptile (Nichol et al. 2018): learn an episode by a few plain steps, then move the weights some way
 * towards where that led. The loss |w - w'|^2 / 2 has just this gradient, w - w'; a constant is added,
 * so that what is plotted is the loss on the episodes once they are learnt, for the distance says
 * nothing. It wants a learning rate of its own, up to 1 and unclipped: the move is no gradient of images.
 */
export const reptile = defineObjective({
  ...inEpisodes,
  title: 'Reptile',
  paper: 'https://arxiv.org/abs/1803.02999',
  summary:
    'Learns small games by plain steps and moves the weights towards where those led, so that a few steps on new classes go far. Cheaper than MAML, and what federated averaging does by itself.',
  heads: [],
  config,
  parameters: (spec, { ways }) => waysSpecs(HEAD, spec, ways),
  targets(context) {
    const { tf, model, params, config: settings } = context;
    const on: Adapting = { tf, model, head: HEAD };
    const names = adapted(on, 'all');
    const ends = tasksOf(context, settings.ways).map(({ support, query }) => {
      const images = tf.concat([support.images, query.images], 0) as Tensor4D;
      const labels = tf.concat([support.labels, query.labels], 0) as Tensor2D;
      const fast = descend(on, params, names, { images, labels }, paceOf(settings));
      return { fast, loss: taskLoss(on, fast, { images, labels }) };
    });
    const mean = (each: Tensor[]): Tensor => tf.div(tf.addN(each), each.length);
    const goal = names.map((name) => [name, mean(ends.map(({ fast }) => fast[name]!))] as const);
    const distance = halfSquare(tf, params, Object.fromEntries(goal));
    return {
      ...Object.fromEntries(goal),
      [SHIFT]: tf.sub(mean(ends.map((one) => one.loss)), distance),
    };
  },
  loss({ tf, params }, { [SHIFT]: shift, ...goal }) {
    return { learnt: tf.add(halfSquare(tf, params, goal), shift!) as Scalar };
  },
});

/** A constant beside the goal's parameters. */
const SHIFT = 'shift';

function halfSquare(tf: Tf, params: Params, goal: Params): Tensor {
  const squares = Object.entries(goal).map(([name, end]) =>
    tf.sum(tf.square(tf.sub(params[name]!, end))),
  );
  return tf.div(tf.addN(squares), 2);
}

/** The classifier after as many steps on the support as it was learnt with. */
export const adaptReptile: Adapt<Config> = ({ tf, model, config: settings }, params, support) => {
  const on: Adapting = { tf, model, head: HEAD };
  const fast = descend(on, params, adapted(on, 'all'), support, paceOf(settings));
  return (query) => waysLogits(on, fast, query);
};

function paceOf({ steps, innerRate }: Config): { steps: number; rate: number } {
  return { steps, rate: innerRate };
}
