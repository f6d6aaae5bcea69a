import * as v from 'valibot';
import { crossEntropy } from '../../math/losses.ts';
import { NETS } from '../../nn/index.ts';
import { dense, denseSpecs } from '../../nn/layers.ts';
import type { Params, Tensor2D, Tf } from '../../nn/params.ts';
import {
  memorySpecs,
  memoryStart,
  memoryStep,
  type MemorySize,
} from '../../nn/sequence/least-used-memory.ts';
import { lstm, lstmSpecs, lstmStart } from '../../nn/sequence/lstm.ts';
import { defineObjective } from '../contract.ts';
import {
  episodeSettings,
  inEpisodes,
  shuffling,
  tasksOf,
  type Adapt,
} from '../../train/episodes.ts';
import { wholeBetween } from '../settings.ts';

const config = v.strictObject({
  ...episodeSettings,
  /** Images of each class that are named, one after the other; the first of them knows no more than the support. */
  queries: v.optional(wholeBetween(1, 20), 1),
  /** Episodes read side by side. */
  tasks: v.optional(wholeBetween(1, 32), 2),
  /** Numbers of an image as the controller sees it. */
  embedding: v.optional(wholeBetween(8, 256), 32),
  /** The controller's; the paper has 200, and 4 heads on 128 slots of 40 numbers. */
  hidden: v.optional(wholeBetween(8, 512), 64),
  slots: v.optional(wholeBetween(8, 256), 32),
  width: v.optional(wholeBetween(4, 128), 20),
  reads: v.optional(wholeBetween(1, 8), 2),
});
type Config = v.InferOutput<typeof config>;

const OWN = 'own/mann';

/**
 * Memory-augmented network (Santoro et al. 2016) behind the backbone: images come one after the other,
 * each with the label of the one before, and an LSTM keeps in a memory what belongs together.
 */
export const mann = defineObjective({
  ...inEpisodes,
  title: 'Memory-augmented network',
  paper: 'https://arxiv.org/abs/1605.06065',
  summary:
    'Sees images one after the other, is told each label one step late, and learns to remember which was which. For streams in which classes turn up as one goes; slower to learn than prototypical networks.',
  heads: [],
  config,
  parameters: (spec, settings) => {
    const { embedding, hidden, ways, width, reads } = settings;
    return [
      ...denseSpecs(`${OWN}/embedding`, NETS[spec.net].features(spec.input), embedding),
      ...lstmSpecs(`${OWN}/controller`, embedding + ways, hidden),
      ...memorySpecs(`${OWN}/memory`, hidden, settings),
      ...denseSpecs(`${OWN}/out`, hidden + reads * width, ways),
    ];
  },
  /** Of each episode the order in which its images come. */
  targets(context) {
    const { tf, random, batch, config: settings } = context;
    const length = batch.rows.length / settings.tasks;
    const orders = Array.from({ length: settings.tasks }, () => shuffling(tf, length, random));
    return Object.fromEntries(orders.map((order, task) => [`order ${task}`, order]));
  },
  loss(context, orders) {
    const { tf, model, params, config: settings } = context;
    const tasks = tasksOf(context, settings.ways);
    const images = tf.concat(tasks.flatMap(({ support, query }) => [support.images, query.images]));
    const z = dense(tf, params, `${OWN}/embedding`, model.embed(tf, params, images));
    const parts = tf.split(z, tasks.length) as Tensor2D[];
    const shuffled = tasks.map(({ support, query }, task) => {
      const order = orders[`order ${task}`] as Tensor2D;
      const labels = tf.concat([support.labels, query.labels], 0);
      return [tf.matMul(order, parts[task]!), tf.matMul(order, labels)] as const;
    });
    // By place in the sequence: [time, tasks, ...].
    const x = tf.stack(
      shuffled.map(([rows]) => rows),
      1,
    );
    const y = tf.stack(
      shuffled.map(([, rows]) => rows),
      1,
    );
    const [steps, labels] = [tf.unstack(x), tf.unstack(y)] as [Tensor2D[], Tensor2D[]];
    const late = [tf.zerosLike(labels[0]!), ...labels.slice(0, -1)];
    const logits = read(tf, params, steps, late, settings);
    const losses = logits.map((one, t) => tf.mean(crossEntropy(tf, one, labels[t]!)));
    return { sequence: tf.div(tf.addN(losses), losses.length) };
  },
});

/** The support is read first, then, in a sequence of its own, each query. */
export const adaptMann: Adapt<Config> =
  ({ tf, model, config: settings }, params, { images, labels }) =>
  (query) => {
    const embed = (x: typeof images) =>
      dense(tf, params, `${OWN}/embedding`, model.embed(tf, params, x));
    const queries = embed(query);
    const count = queries.shape[0];
    const alike = (rows: Tensor2D) =>
      tf.split(rows, rows.shape[0]).map((row) => tf.tile(row, [count, 1]) as Tensor2D);
    const late = [tf.zeros([count, settings.ways]) as Tensor2D, ...alike(labels)];
    return read(tf, params, [...alike(embed(images)), queries], late, settings).at(-1)!;
  };

/** Logits at every step, [batch, ways]. @param late the label of the image before, [batch, ways] */
function read(
  tf: Tf,
  params: Params,
  steps: readonly Tensor2D[],
  late: readonly Tensor2D[],
  { hidden, ...sizes }: Config & MemorySize,
): Tensor2D[] {
  const batch = steps[0]!.shape[0];
  let controller = lstmStart(tf, batch, hidden);
  let memory = memoryStart(tf, batch, sizes);
  return steps.map((x, t) => {
    const seen = tf.concat([x, late[t]!], 1);
    controller = lstm(tf, params, `${OWN}/controller`, seen, controller);
    const { found, after } = memoryStep(tf, params, `${OWN}/memory`, controller.hidden, memory);
    memory = after;
    return dense(tf, params, `${OWN}/out`, tf.concat([controller.hidden, found], 1));
  });
}
