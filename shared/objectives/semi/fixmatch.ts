import * as v from 'valibot';
import { crossEntropy } from '../../math/losses.ts';
import type { Tensor, Tensor2D } from '../../nn/params.ts';
import { defineObjective, type LocalData, type RoundContext } from '../contract.ts';

const share = (low: number, high: number) => v.pipe(v.number(), v.minValue(low), v.maxValue(high));

const config = v.object({
  /** A label is kept when the model is at least this sure of it. */
  threshold: v.optional(share(0, 1), 0.8),
  /**
   * round: labels are fixed from the received global model for the whole round (SemiFL's second
   * fact, +11 points); step: the EMA teacher labels the weak view anew at every step (the paper's).
   */
  labels: v.optional(v.picklist(['round', 'step']), 'round'),
  /** Pull the labels' histogram towards uniform (ReMixMatch's distribution alignment). */
  alignment: v.optional(v.boolean(), true),
  /** Sharpness of the predictions: the cosine classifier's softmax is soft by construction. */
  temperature: v.optional(share(0.1, 2), 0.5),
  /** Weak views whose predictions are averaged for a label that has to last a round (MixMatch's K). */
  guesses: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8)), 4),
});
type Config = v.InferOutput<typeof config>;
type Table = { label: Int32Array; confidence: Float32Array; kept: number[]; prior: Float32Array; probability: Float32Array };

/**
 * FixMatch (Sohn et al. 2020): the label that the model gives to a weak view, where it is sure of
 * it, is what the strong view has to be recognised as.
 */
export const fixmatch = defineObjective({
  title: 'FixMatch',
  paper: 'https://arxiv.org/abs/2001.07685',
  summary:
    'Confident predictions on weakly changed images become the labels of strongly changed ones. The first choice when the crowd sees the classes that the seed set names.',
  views: { weak: 'weak', strong: 'strong' },
  heads: ['cls'],
  uses: { labels: false, teacher: true },
  config,
  begin: labelOnce,
  rows: ({ kept }: Table) => kept,
  targets({ tf, model, batch, state, teacher, config: settings }) {
    const { classes } = model.spec;
    if (settings.labels === 'round') {
      if ((globalThis as any).SOFT) { const p = new Float32Array(batch.rows.length*classes); batch.rows.forEach((r,i)=>p.set(state.probability.subarray(r*classes,(r+1)*classes),i*classes)); return { labels: tf.tensor2d(p,[batch.rows.length,classes]), mask: tf.ones([batch.rows.length]) }; }
      const labels = batch.rows.map((row) => state.label[row] as number);
      const hot = tf.oneHot(tf.tensor1d(labels, 'int32'), classes);
      return { labels: tf.cast(hot, 'float32'), mask: tf.ones([labels.length]) };
    }
    const logits = model.logits(tf, teacher, batch.views['weak']!);
    const probability = align(tf, tf.softmax(tf.div(logits, settings.temperature)), state.prior);
    const labels = tf.cast(tf.oneHot(tf.argMax(probability, 1), classes), 'float32');
    return { labels, mask: tf.cast(tf.greaterEqual(tf.max(probability, 1), settings.threshold), 'float32') };
  },
  loss({ tf, model, params, batch }, { labels, mask }) {
    const logits = model.logits(tf, params, batch.views['strong']!);
    // The mean runs over the whole batch, not over the kept: an unsure batch must weigh less.
    return { unlabelled: tf.mean(tf.mul(crossEntropy(tf, logits, labels!), mask!)) };
  },
  report: ({ kept, confidence }) => ({
    coverage: kept.length / Math.max(confidence.length, 1),
    confidence: confidence.reduce((a, b) => a + b, 0) / Math.max(confidence.length, 1),
  }),
});

const CHUNK = 128;

/** Labels every local image once, from the received weights. Shapes: see `Table`, one entry an image. */
async function labelOnce(round: RoundContext<Config>): Promise<Table> {
  const { tf, model, data, config: settings } = round;
  const { classes } = model.spec;
  const mean = new Float32Array(data.count * classes);
  for (let start = 0; start < data.count; start += CHUNK) {
    const rows = Array.from({ length: Math.min(CHUNK, data.count - start) }, (_, i) => start + i);
    for (let guess = 0; guess < settings.guesses; guess++) {
      const predicted = predict(round, rows);
      const numbers = await predicted.data();
      predicted.dispose();
      for (let i = 0; i < numbers.length; i++) mean[start * classes + i]! += numbers[i]! / settings.guesses;
    }
  }
  const prior = settings.alignment ? columnMeans(mean, classes) : new Float32Array(classes).fill(1 / classes);
  const aligned = tf.tidy(() => align(tf, tf.tensor2d(mean, [data.count, classes]), prior));
  const probability = await aligned.data();
  aligned.dispose();
  return tableOf(probability as Float32Array, classes, data, settings, prior);
}

function predict({ tf, model, params, view, config: settings }: RoundContext<Config>, rows: number[]): Tensor {
  return tf.tidy(() => {
    const logits = model.logits(tf, params, view('weak', rows));
    return tf.softmax(tf.div(logits, settings.temperature));
  });
}

/** p * uniform / prior, rows rescaled to sum to one (ReMixMatch, Berthelot et al. 2020, section 3.1). */
function align(tf: RoundContext<Config>['tf'], probability: Tensor, prior: Float32Array): Tensor2D {
  const pulled = tf.div(probability, tf.add(tf.tensor1d(prior), 1e-6));
  return tf.div(pulled, tf.sum(pulled, 1, true)) as Tensor2D;
}

function columnMeans(table: Float32Array, columns: number): Float32Array {
  const means = new Float32Array(columns);
  const rows = table.length / columns;
  for (let i = 0; i < table.length; i++) means[i % columns]! += table[i]! / rows;
  return means;
}

function tableOf(
  probability: Float32Array,
  classes: number,
  data: LocalData,
  settings: Config,
  prior: Float32Array,
): Table {
  const label = new Int32Array(data.count);
  const confidence = new Float32Array(data.count);
  const kept: number[] = [];
  for (let row = 0; row < data.count; row++) {
    for (let c = 0; c < classes; c++) {
      const p = probability[row * classes + c]!;
      if (p > confidence[row]!) [confidence[row], label[row]] = [p, c];
    }
    if (settings.labels === 'step' || confidence[row]! >= settings.threshold) kept.push(row);
  }
  return { label, confidence, kept, prior, probability };
}
