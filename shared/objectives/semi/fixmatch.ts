import * as v from 'valibot';
import { aligned, likeliest, running, sharpened } from '../../math/distribution.ts';
import { crossEntropy } from '../../math/losses.ts';
import { mixed, mixShares } from '../../math/mixup.ts';
import { flexThresholds, freeThresholds, sureRows } from '../../math/thresholds.ts';
import type { Params, Scalar, Tensor, Tensor2D, Tensor4D, Tf } from '../../nn/params.ts';
import {
  allRows,
  defineObjective,
  type RoundContext,
  type StepContext,
  type LossTerms,
} from '../contract.ts';
import { between, wholeBetween } from '../settings.ts';
import {
  confidences,
  keptLabels,
  likeliestOf,
  meanOf,
  predictAll,
  rowsTensor,
} from '../../train/label-table.ts';

const config = v.strictObject({
  /** A label is kept when the model is at least this sure of it. Above 1, none is. */
  threshold: v.optional(between(0, 1.01), 0.95),
  /**
   * fixed: the one number. flex: lower for classes that few images are surely of (FlexMatch).
   * free: the mean confidence, lower for classes that are predicted less, whatever `threshold` says
   * (FreeMatch; with labels of a round these are (FL)^2's thresholds, each client's own).
   */
  thresholds: v.optional(v.picklist(['fixed', 'flex', 'free']), 'fixed'),
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
  guesses: v.optional(wholeBetween(1, 32), 4),
  /** SemiFL's second term: kept images mixed with any others, sure of them or not. */
  mix: v.optional(v.boolean(), false),
});
type Config = v.InferOutput<typeof config>;

/** What a round fixes: its labels [images, classes], unless every step makes its own, and who is drawn. */
type State = { table?: { probability: Float32Array; bars: Float32Array }; kept: number[] };

type Step = StepContext<Config, State>;

/** SemiFL's and MixMatch's Beta. */
const MIX_ALPHA = 0.75;
/** Of the running means of predictions. FreeMatch's 0.999 outlasts a run of a thousand steps. */
const DECAY = 0.99;

/**
 * FixMatch (Sohn et al. 2020): the label that the model gives to a weak view, where it is sure of
 * it, is what the strong view has to be recognised as. With FlexMatch's (Zhang et al. 2021) and
 * FreeMatch's (Wang et al. 2023) thresholds; FreeMatch's fairness term is left out.
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
  begin: async (round): Promise<State> =>
    round.config.labels === 'round' ? labelOnce(round) : { kept: allRows(round.data) },
  rows: ({ kept }) => kept,
  memory({ tf, model, data, config: { labels } }): Params {
    if (labels === 'round') return {};
    const { classes } = model.spec;
    return {
      prior: tf.div(tf.ones([classes]), classes),
      confidence: tf.scalar(1 / classes),
      // Each image's last sure class, counted from 1; 0 is none yet.
      latest: tf.zeros([data.count], 'int32'),
    };
  },
  targets(step): Record<string, Tensor> {
    const { tf, batch, config: settings, random } = step;
    const weak = batch.views['weak']!;
    const { labels: soft, predicted } = labelsOf(step, batch.rows, weak);
    const labels = settings.target === 'soft' ? soft : likeliest(tf, soft);
    const mask = sureRows(tf, soft, barsOf(step));
    if (!settings.mix) return { labels, mask, ...predicted };
    const others = batch.rows.map(() => random.int(step.data.count));
    const seen = step.view('weak', others);
    const theirs = likeliest(tf, labelsOf(step, others, seen).labels);
    const shares = mixShares(others.length, MIX_ALPHA, random);
    return {
      ...{ labels, mask, ...predicted },
      mixedImages: mixed(tf, weak, seen, shares),
      mixedLabels: mixed(tf, labels, theirs, shares),
    };
  },
  loss({ tf, model, params, batch, config: { mix } }, targets): LossTerms {
    // The mean runs over the whole batch, not over the kept: an unsure batch must weigh less.
    const term = (images: Tensor4D, labels: Tensor) =>
      tf.mean<Scalar>(
        tf.mul(crossEntropy(tf, model.logits(tf, params, images), labels), targets['mask']!),
      );
    const unlabelled = term(batch.views['strong']!, targets['labels']!);
    if (!mix) return { unlabelled };
    return {
      unlabelled,
      mixed: term(targets['mixedImages'] as Tensor4D, targets['mixedLabels']!),
    };
  },
  remember({ tf, memory, batch, config: { labels, threshold } }, targets): Params {
    if (labels === 'round') return {};
    const predicted = targets['predicted'] as Tensor2D;
    const best = tf.max(predicted, 1);
    const rows = tf.tensor1d([...batch.rows], 'int32');
    const sure = tf.greaterEqual(best, threshold);
    const named = tf.add(tf.argMax(predicted, 1), tf.scalar(1, 'int32'));
    const now = tf.where(sure, named, tf.gather(memory['latest']!, rows));
    return {
      prior: running(tf, memory['prior']!, tf.mean(predicted, 0), DECAY),
      confidence: running(tf, memory['confidence']!, tf.mean(best), DECAY),
      latest: tf.tensorScatterUpdate(memory['latest']!, tf.expandDims(rows, 1), now),
    };
  },
  labels: ({ table, kept }) => table && keptLabels(table.probability, table.bars.length, kept),
  report: ({ table, kept }) => {
    if (!table) return {};
    const sure = confidences(table.probability, table.bars.length);
    return { coverage: kept.length / sure.length, confidence: meanOf(sure) };
  },
});

/** Labels every local image once, from the received weights, and keeps what it is sure of. */
async function labelOnce(round: RoundContext<Config>): Promise<State> {
  const { tf, model, data, config: settings } = round;
  const { classes } = model.spec;
  const mean = await predictAll(round, 'weak', settings.guesses);
  const [guessed, wanted] = tf.tidy(() => {
    const rows = tf.tensor2d(mean, [data.count, classes]);
    const made = guess(tf, rows, tf.mean(rows, 0), settings);
    const best = tf.max(made, 1, true);
    const sure = tf.mul(likeliest(tf, made), tf.greaterEqual(best, settings.threshold));
    const seen = { prior: tf.mean(made, 0), confidence: tf.mean(best), count: data.count };
    return [made, bars(tf, settings, { ...seen, histogram: () => tf.sum(sure, 0) })];
  }) as [Tensor, Tensor];
  const probability = (await guessed.data()) as Float32Array;
  const ofClass = (await wanted.data()) as Float32Array;
  guessed.dispose();
  wanted.dispose();
  const named = likeliestOf(probability, classes);
  const sure = confidences(probability, classes);
  const kept = allRows(data).filter((row) => sure[row]! >= ofClass[named[row]!]!);
  return { table: { probability, bars: ofClass }, kept };
}

/** The labels of some images [rows, classes], and where they are new, what they were made from. */
function labelsOf(
  { tf, model, state, teacher, memory, config: settings }: Step,
  rows: readonly number[],
  weak: Tensor4D,
): { labels: Tensor2D; predicted: Record<string, Tensor> } {
  const { classes } = model.spec;
  if (state.table)
    return { labels: rowsTensor(tf, state.table.probability, rows, classes), predicted: {} };
  const predicted = tf.softmax(model.logits(tf, teacher, weak));
  return { labels: guess(tf, predicted, memory['prior']!, settings), predicted: { predicted } };
}

function guess(tf: Tf, rows: Tensor2D, prior: Tensor, settings: Config): Tensor2D {
  const fair = settings.alignment ? aligned(tf, rows, prior) : rows;
  return settings.temperature === 1 ? fair : sharpened(tf, fair, settings.temperature);
}

/** How sure a label of each class has to be now, [classes]. */
function barsOf({ tf, model, data, state, memory, config: settings }: Step): Tensor {
  if (state.table) return tf.tensor1d(state.table.bars);
  const { prior, confidence, latest } = memory as Record<'prior' | 'confidence' | 'latest', Tensor>;
  // Column 0 is of those that were never sure.
  const histogram = () => tf.sum(tf.oneHot(latest, model.spec.classes + 1), 0).slice(1);
  return bars(tf, settings, { prior, confidence, count: data.count, histogram });
}

type Seen = { prior: Tensor; confidence: Tensor; count: number; histogram: () => Tensor };

function bars(tf: Tf, { thresholds, threshold }: Config, of: Seen): Tensor {
  if (thresholds === 'flex') return flexThresholds(tf, of.histogram(), of.count, threshold);
  if (thresholds === 'free') return freeThresholds(tf, of.confidence, of.prior);
  return tf.fill(of.prior.shape as [number], threshold);
}
