import * as v from 'valibot';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { crossEntropy } from '../../math/losses.ts';
import { NETS } from '../../nn/index.ts';
import { dense, denseSpecs } from '../../nn/layers.ts';
import type { Params, Tensor2D, Tf } from '../../nn/params.ts';
import { attention, attentionSpecs } from '../../nn/sequence/attention.ts';
import { denseAlong } from '../../nn/sequence/dense-along.ts';
import {
  temporalConvolution,
  temporalConvolutionOutputs,
  temporalConvolutionSpecs,
} from '../../nn/sequence/temporal-convolution.ts';
import type { ParamSpec } from '../../weights/layout.ts';
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
  /** Numbers of an image as the sequence sees it; the paper has 64. */
  embedding: v.optional(wholeBetween(8, 256), 32),
  /** Filters of each temporal convolution, the paper's 128; the attention blocks' sizes follow from it. */
  filters: v.optional(wholeBetween(8, 256), 32),
});
type Config = v.InferOutput<typeof config>;

const OWN = 'own/snail';

/**
 * SNAIL (Mishra et al. 2018): an episode is read as a sequence, examples with their labels and at last
 * the query without one, by temporal convolutions and causal attention in turn.
 */
export const snail = defineObjective({
  ...inEpisodes,
  title: 'SNAIL',
  paper: 'https://arxiv.org/abs/1707.03141',
  summary:
    'Reads the examples of new classes one after the other and then names the query, by convolutions over time and attention. Strong on tasks of one fixed shape; what it learns is tied to its number of classes and examples.',
  heads: [],
  config,
  parameters: (spec, settings) => specsOf(NETS[spec.net].features(spec.input), settings),
  targets(context) {
    const { tf, random, config: settings } = context;
    const { support, query } = tasksOf(context, settings.ways)[0]!;
    return { labels: query.labels, order: shuffling(tf, support.labels.shape[0], random) };
  },
  loss(context, { labels, order }) {
    const { tf, model, params, config: settings } = context;
    const { support, query } = tasksOf(context, settings.ways)[0]!;
    const both = tf.concat([support.images, query.images], 0);
    const z = dense(tf, params, `${OWN}/embedding`, model.embed(tf, params, both));
    const from = support.images.shape[0];
    // In chance order: else a class's place would give it away, and no label would be read.
    const examples = tf.matMul(order as Tensor2D, tf.slice(z, [0, 0], [from, -1])) as Tensor2D;
    const classes = tf.matMul(order as Tensor2D, support.labels) as Tensor2D;
    const x = sequences(tf, examples, classes, tf.slice(z, [from, 0]));
    const logits = read(tf, params, x, settings);
    return { episode: tf.mean(crossEntropy(tf, logits, labels!)) };
  },
});

/** Nothing is adapted: the support is read anew before every query. */
export const adaptSnail: Adapt<Config> =
  ({ tf, model, config: settings }, params, { images, labels }) =>
  (query) => {
    const embed = (x: typeof images) =>
      dense(tf, params, `${OWN}/embedding`, model.embed(tf, params, x));
    return read(tf, params, sequences(tf, embed(images), labels, embed(query)), settings);
  };

/** A sequence for each query: [queries, examples + 1, embedding + ways], the last place without a label. */
function sequences(tf: Tf, examples: Tensor2D, labels: Tensor2D, queries: Tensor2D): Tensor3D {
  const [count, width] = [queries.shape[0], labels.shape[1]];
  const labelled = tf.expandDims(tf.concat([examples, labels], 1), 0);
  const unlabelled = tf.expandDims(tf.concat([queries, tf.zeros([count, width])], 1), 1);
  return tf.concat([tf.tile(labelled, [count, 1, 1]), unlabelled], 1) as Tensor3D;
}

type Block = { name: string; kind: 'attention' | 'convolution'; inputs: number; outputs: number };

/** The paper's stack for 64 and 128: attention 64/32, convolution 128, attention 256/128, convolution, attention 512/256. */
function stack({ ways, shots, embedding, filters }: Config): { blocks: Block[]; time: number } {
  const time = ways * shots + 1;
  const blocks: Block[] = [];
  let inputs = embedding + ways;
  for (const [i, values] of [filters / 4, filters, 2 * filters].map(Math.floor).entries()) {
    blocks.push({ name: `attention${i}`, kind: 'attention', inputs, outputs: inputs + values });
    inputs += values;
    if (i === 2) break;
    const outputs = temporalConvolutionOutputs({ inputs, filters, time });
    blocks.push({ name: `convolution${i}`, kind: 'convolution', inputs, outputs });
    inputs = outputs;
  }
  return { blocks, time };
}

function specsOf(features: number, settings: Config): ParamSpec[] {
  const { blocks, time } = stack(settings);
  const { filters, ways, embedding } = settings;
  const own = blocks.flatMap(({ name, kind, inputs, outputs }) => {
    const values = outputs - inputs;
    return kind === 'attention'
      ? attentionSpecs(`${OWN}/${name}`, { inputs, keys: 2 * values, values })
      : temporalConvolutionSpecs(`${OWN}/${name}`, { inputs, filters, time });
  });
  return [
    ...denseSpecs(`${OWN}/embedding`, features, embedding),
    ...own,
    ...denseSpecs(`${OWN}/out`, blocks.at(-1)!.outputs, ways),
  ];
}

/** Logits at the last place of every sequence, [sequences, ways]. */
function read(tf: Tf, params: Params, x: Tensor3D, settings: Config): Tensor2D {
  const { blocks, time } = stack(settings);
  const h = blocks.reduce(
    (before, { name, kind }) =>
      kind === 'attention'
        ? attention(tf, params, `${OWN}/${name}`, before)
        : temporalConvolution(tf, params, `${OWN}/${name}`, before, time),
    x,
  );
  const last = tf.slice(h, [0, h.shape[1] - 1, 0], [-1, 1, -1]);
  return tf.squeeze(denseAlong(tf, params, `${OWN}/out`, last), [1]);
}
