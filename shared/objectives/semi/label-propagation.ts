import { oneHot } from '../../math/one-hot.ts';
import * as v from 'valibot';
import { largest } from '../../math/largest.ts';
import { crossEntropy } from '../../math/losses.ts';
import { graphOf, nearestEdges, propagate, type Edge } from '../../math/propagation.ts';
import { l2Normalise } from '../../nn/layers.ts';
import type { Tensor4D, Tf } from '../../nn/params.ts';
import { allRows, defineObjective, type LocalData, type RoundContext } from '../contract.ts';
import { between, wholeBetween } from '../settings.ts';
import { confidences, likeliestOf, meanOf, predictAll } from '../../train/label-table.ts';

const config = v.strictObject({
  /** Neighbours that each image is joined to (the paper's 50, for fifty thousand images). */
  neighbours: v.optional(wholeBetween(1, 100), 10),
  /** How much is handed on from neighbour to neighbour. */
  alpha: v.optional(between(0, 0.999), 0.99),
  /** Where no image is labelled: the surest of each class that are taken for it. */
  anchors: v.optional(wholeBetween(1, 100), 5),
});
type Config = v.InferOutput<typeof config>;

/** A label an image and how much it counts, from 0 to 1 times its class's rareness. */
type State = { labels: Int32Array; weights: Float32Array; kept: number[] };

/** Of the edge weights: cosines to this power (the paper's 3). */
const SHARPNESS = 3;
const ITERATIONS = 20;
const CHUNK = 128;

/**
 * Deep label propagation (Iscen et al. 2019): labels spread over a graph of images that the received
 * model sees as neighbours; then the model learns them, each by how clear it came out. In a central run
 * they start from the labelled images. A volunteer has none: there the surest images of each class
 * stand in, so that the graph corrects what the classifier says of the others.
 */
export const labelPropagation = defineObjective({
  title: 'Label propagation',
  paper: 'https://arxiv.org/abs/1904.04717',
  summary:
    'Spreads labels from sure images to their neighbours in the model’s own eyes, once a round. Suits classes that form clear groups, and volunteers with hundreds of images rather than tens.',
  views: { image: 'weak' },
  heads: ['cls'],
  uses: { labels: false, teacher: false },
  config,
  begin: spreadLabels,
  rows: ({ kept }) => kept,
  targets({ tf, model, state, batch }) {
    const labels = Int32Array.from(batch.rows, (row) => state.labels[row]!);
    const weights = Float32Array.from(batch.rows, (row) => state.weights[row]!);
    return { labels: oneHot(tf, labels, model.spec.classes), weights: tf.tensor1d(weights) };
  },
  loss({ tf, model, params, batch }, { labels, weights }) {
    const logits = model.logits(tf, params, batch.views['image']!);
    return { propagated: tf.mean(tf.mul(crossEntropy(tf, logits, labels!), weights!)) };
  },
  report: ({ kept, labels, weights }) => ({
    coverage: kept.length / labels.length,
    weight: meanOf(weights),
  }),
});

async function spreadLabels(round: RoundContext<Config>): Promise<State> {
  const { model, data, seeds, config: settings } = round;
  const { classes } = model.spec;
  const known = seeds
    ? [...seeds.labels!, ...allRows(data).map(() => -1)]
    : await anchors(round, settings.anchors);
  const vectors = await embeddings(round, seeds ? [seeds, data] : [data]);
  const edges = await neighbours(round.tf, vectors, model.features, settings.neighbours);
  const options = { classes, alpha: settings.alpha, iterations: ITERATIONS };
  const reached = propagate(graphOf(known.length, edges), known, options);
  const first = known.length - data.count;
  return clearLabels(Float32Array.from(reached.subarray(first * classes)), classes);
}

/** Each image's class where it is among the surest of its class, else -1. */
async function anchors(round: RoundContext<Config>, each: number): Promise<number[]> {
  const { classes } = round.model.spec;
  const probability = await predictAll(round, 'plain', 1);
  const sure = confidences(probability, classes);
  const known = allRows(round.data).map(() => -1);
  const named = likeliestOf(probability, classes);
  for (let c = 0; c < classes; c++)
    for (const row of largest(
      sure.map((p, i) => (named[i] === c ? p : 0)),
      each,
    ))
      if (named[row] === c) known[row] = c;
  return known;
}

/** What the received model sees in all images of these sets, one after the other, each of length one. */
async function embeddings(
  { tf, model, params }: RoundContext<Config>,
  sets: readonly LocalData[],
): Promise<Float32Array> {
  const { size, channels } = model.spec.input;
  const pixels = size * size * channels;
  const count = sets.reduce((sum, set) => sum + set.count, 0);
  const vectors = new Float32Array(count * model.features);
  let at = 0;
  for (const { images, count: own } of sets)
    for (let start = 0; start < own; start += CHUNK) {
      const some = images.slice(start * pixels, Math.min(own, start + CHUNK) * pixels);
      const seen = tf.tidy(() => {
        const x = tf.tensor(some, [some.length / pixels, size, size, channels]) as Tensor4D;
        return l2Normalise(tf, model.embed(tf, params, x));
      });
      const numbers = (await seen.data()) as Float32Array;
      seen.dispose();
      vectors.set(numbers, at);
      at += numbers.length;
    }
  return vectors;
}

/** Edges between images whose embeddings [images, features] have the largest cosines. */
async function neighbours(
  tf: Tf,
  vectors: Float32Array,
  features: number,
  near: number,
): Promise<Edge[]> {
  const count = vectors.length / features;
  const all = tf.tensor2d(vectors, [count, features]);
  const edges: Edge[] = [];
  for (let start = 0; start < count; start += CHUNK) {
    const rows = Math.min(CHUNK, count - start);
    const cosines = tf.tidy(() =>
      tf.matMul(tf.slice(all, [start, 0], [rows, features]), all, false, true),
    );
    const numbers = await cosines.data();
    cosines.dispose();
    for (let i = 0; i < rows; i++) {
      const row = numbers.subarray(i * count, (i + 1) * count);
      edges.push(
        ...nearestEdges(start + i, row, near, (cosine) => Math.max(0, cosine) ** SHARPNESS),
      );
    }
  }
  all.dispose();
  return edges;
}

/**
 * The paper's weights (equations 11 and 12): an image counts by `1 - entropy / log classes`, a class
 * by how rarely it came out. What no label reached is left out.
 * @param reached [images, classes]
 */
export function clearLabels(reached: Float32Array, classes: number): State {
  const labels = likeliestOf(reached, classes);
  const clearness = Float32Array.from(labels, (_, i) =>
    certainty(reached.subarray(i * classes, (i + 1) * classes)),
  );
  const kept = [...labels.keys()].filter((i) => clearness[i]! > 0);
  const sizes = new Float64Array(classes);
  for (const row of kept) sizes[labels[row]!]!++;
  const weights = clearness.map(
    (clear, row) => (clear * kept.length) / (classes * Math.max(1, sizes[labels[row]!]!)),
  );
  return { labels, weights, kept };
}

/** From 0, where all classes are alike or nothing is there, to 1, where there is one. */
function certainty(row: Float32Array): number {
  const sum = row.reduce((a, b) => a + b, 0);
  if (sum === 0) return 0;
  const entropy = row.reduce((h, z) => (z > 0 ? h - (z / sum) * Math.log(z / sum) : h), 0);
  return Math.max(0, 1 - entropy / Math.log(row.length));
}
