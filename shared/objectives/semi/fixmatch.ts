import * as v from 'valibot';
import { crossEntropy } from '../../math/losses.ts';
import type { Tensor, Tensor2D, Tf } from '../../nn/params.ts';
import { allRows, defineObjective, type LocalData, type RoundContext } from '../contract.ts';

const between = (low: number, high: number) =>
  v.pipe(v.number(), v.minValue(low), v.maxValue(high));

const config = v.strictObject({
  /** A label is kept when the model is at least this sure of it. Above 1, none is. */
  threshold: v.optional(between(0, 1.01), 0.95),
  /**
   * round: labels are fixed from the received global model for the whole round (SemiFL's second
   * fact, +11 points); step: the EMA teacher labels the weak view anew at every step (the paper's).
   */
  labels: v.optional(v.picklist(['round', 'step']), 'round'),
  /**
   * hard: the likeliest class (the paper's). soft: the sharpened distribution, as MixMatch guesses
   * it: a crowd that trains on one teacher's hard labels for a whole round learns its mistakes by
   * heart (docs/results.md, "soft against hard labels").
   */
  target: v.optional(v.picklist(['hard', 'soft']), 'hard'),
  /** Sharpening: probabilities to the power of 1/temperature. */
  temperature: v.optional(between(0.1, 2), 1),
  /** Pull the labels' histogram towards uniform (ReMixMatch's distribution alignment). */
  alignment: v.optional(v.boolean(), true),
  /** Weak views whose predictions are averaged for a label that has to last a round (MixMatch's K). */
  guesses: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(32)), 4),
});
type Config = v.InferOutput<typeof config>;

/** The labels of a round: [images, classes] in rows, and each row's highest probability. */
type Table = {
  probability: Float32Array;
  confidence: Float32Array;
  prior: Float32Array;
  kept: number[];
};

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
    const probability =
      settings.labels === 'round'
        ? tf.tensor2d(rowsOf(state.probability, batch.rows, classes), [batch.rows.length, classes])
        : guess(
            tf,
            tf.softmax(model.logits(tf, teacher, batch.views['weak']!)),
            state.prior,
            settings,
          );
    const mask = tf.greaterEqual(tf.max(probability, 1), settings.threshold);
    const labels =
      settings.target === 'soft' ? probability : tf.oneHot(tf.argMax(probability, 1), classes);
    return { labels: tf.cast(labels, 'float32'), mask: tf.cast(mask, 'float32') };
  },
  loss({ tf, model, params, batch }, { labels, mask }) {
    const logits = model.logits(tf, params, batch.views['strong']!);
    // The mean runs over the whole batch, not over the kept: an unsure batch must weigh less.
    return { unlabelled: tf.mean(tf.mul(crossEntropy(tf, logits, labels!), mask!)) };
  },
  report: ({ kept, confidence }) => ({
    coverage: kept.length / confidence.length,
    confidence: confidence.reduce((a, b) => a + b, 0) / confidence.length,
  }),
});

const CHUNK = 128;

/** Labels every local image once, from the received weights. */
async function labelOnce(round: RoundContext<Config>): Promise<Table> {
  const { tf, model, data, config: settings } = round;
  const { classes } = model.spec;
  const mean = new Float32Array(data.count * classes);
  for (let start = 0; start < data.count; start += CHUNK) {
    const rows = allRows(data).slice(start, start + CHUNK);
    for (let k = 0; k < settings.guesses; k++) {
      const predicted = tf.tidy(() =>
        tf.softmax(model.logits(tf, round.params, round.view('weak', rows))),
      );
      const numbers = await predicted.data();
      predicted.dispose();
      numbers.forEach((p, i) => (mean[start * classes + i]! += p / settings.guesses));
    }
  }
  const prior = columnMeans(mean, classes);
  const guessed = tf.tidy(() =>
    guess(tf, tf.tensor2d(mean, [data.count, classes]), prior, settings),
  );
  const probability = (await guessed.data()) as Float32Array;
  guessed.dispose();
  return tableOf(probability, prior, data, settings);
}

/** Aligns (ReMixMatch, Berthelot et al. 2020, section 3.1: p * uniform / prior), sharpens, rescales rows to one. */
function guess(tf: Tf, probability: Tensor, prior: Float32Array, settings: Config): Tensor2D {
  const aligned = settings.alignment
    ? scaled(tf, tf.div(probability, tf.add(tf.tensor1d(prior), 1e-6)))
    : probability;
  return scaled(tf, tf.pow(aligned, 1 / settings.temperature));
}

function scaled(tf: Tf, rows: Tensor): Tensor2D {
  return tf.div(rows, tf.sum(rows, 1, true)) as Tensor2D;
}

function columnMeans(table: Float32Array, columns: number): Float32Array {
  const means = new Float32Array(columns);
  const rows = table.length / columns;
  table.forEach((value, i) => (means[i % columns]! += value / rows));
  return means;
}

function rowsOf(table: Float32Array, rows: readonly number[], columns: number): Float32Array {
  const out = new Float32Array(rows.length * columns);
  rows.forEach((row, i) =>
    out.set(table.subarray(row * columns, (row + 1) * columns), i * columns),
  );
  return out;
}

function tableOf(
  probability: Float32Array,
  prior: Float32Array,
  { count }: LocalData,
  { labels, threshold }: Config,
): Table {
  const classes = prior.length;
  const confidence = Float32Array.from({ length: count }, (_, row) =>
    Math.max(...probability.subarray(row * classes, (row + 1) * classes)),
  );
  const kept: number[] = [];
  confidence.forEach((sure, row) => {
    // Labels that change at every step may come to be sure of any image.
    if (labels === 'step' || sure >= threshold) kept.push(row);
  });
  return { probability, confidence, prior, kept };
}
