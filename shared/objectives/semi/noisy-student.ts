import * as v from 'valibot';
import { crossEntropy } from '../../math/losses.ts';
import type { Tensor2D } from '../../nn/params.ts';
import { allRows, defineObjective } from '../contract.ts';
import { between } from '../settings.ts';
import {
  confidences,
  keptLabels,
  likeliestOf,
  meanOf,
  predictAll,
  rowsTensor,
} from '../../train/label-table.ts';

/** The teacher's labels [images, classes], and the kept rows class by class. */
type State = { probability: Float32Array; classes: number; kept: number[]; byClass: number[][] };

/**
 * Noisy Student (Xie et al. 2020): a teacher without noise gives every image a distribution once a
 * round, and a student that sees changed images through a net with gaps has to come to it; then the
 * student is the next teacher. In place of a larger student, and of gaps in the depth, which three
 * layers do not have, both are one net; so this is the paper's loop without its growth.
 */
export const noisyStudent = defineObjective({
  title: 'Noisy Student',
  paper: 'https://arxiv.org/abs/1911.04252',
  summary:
    'The received model labels all images once; a student under noise learns them, every class as often as any other. Suits rounds: the labels do not move while a volunteer learns.',
  views: { image: 'strong' },
  heads: ['cls'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    /** Images that the teacher is less sure of are left out (the paper's 0.3). */
    threshold: v.optional(between(0, 1), 0.3),
    /** Share of the embedding that is set to zero. */
    dropout: v.optional(between(0, 0.9), 0.3),
  }),
  async begin(round): Promise<State> {
    const { classes } = round.model.spec;
    const probability = await predictAll(round, 'plain', 1);
    const sure = confidences(probability, classes);
    const named = likeliestOf(probability, classes);
    const kept = allRows(round.data).filter((row) => sure[row]! >= round.config.threshold);
    const groups = Array.from({ length: classes }, (_, c) => kept.filter((i) => named[i] === c));
    return { probability, classes, kept, byClass: groups.filter((rows) => rows.length > 0) };
  },
  rows: ({ kept }) => kept,
  /** Classes in turn, an image of each by chance: rare ones are repeated, as the paper does. */
  draw: ({ state: { byClass }, batch, random }) =>
    Array.from({ length: batch }, () => {
      const rows = byClass[random.int(byClass.length)]!;
      return rows[random.int(rows.length)]!;
    }),
  targets({ tf, model, state, batch, random, config: { dropout } }) {
    const { rows } = batch;
    const gaps = Float32Array.from({ length: rows.length * model.features }, () =>
      random.next() < dropout ? 0 : 1 / (1 - dropout),
    );
    return {
      labels: rowsTensor(tf, state.probability, rows, state.classes),
      gaps: tf.tensor2d(gaps, [rows.length, model.features]),
    };
  },
  loss({ tf, model, params, batch }, { labels, gaps }) {
    const embedding = model.embed(tf, params, batch.views['image']!);
    const logits = model.head(tf, 'cls', params, tf.mul(embedding, gaps!) as Tensor2D);
    return { distilled: tf.mean(crossEntropy(tf, logits, labels!)) };
  },
  labels: ({ probability, classes, kept }) => keptLabels(probability, classes, kept),
  report: ({ probability, classes, kept }) => {
    const sure = confidences(probability, classes);
    return { coverage: kept.length / sure.length, confidence: meanOf(sure) };
  },
});
