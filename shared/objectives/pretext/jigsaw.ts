import { oneHot } from '../../math/one-hot.ts';
import * as v from 'valibot';
import { affinePermutations, ORDERS } from '../../math/affine-permutations.ts';
import { crossEntropy } from '../../math/losses.ts';
import { choosePatches, gridPatches } from '../../nn/patches.ts';
import type { Tensor2D, Tensor4D } from '../../nn/params.ts';
import { allRows, defineObjective } from '../contract.ts';
import { wholeBetween } from '../settings.ts';

const PERMUTATIONS = affinePermutations();

/** Jigsaw (Noroozi and Favaro 2016): in which of the known orders do the nine patches lie? */
export const jigsaw = defineObjective({
  title: 'Jigsaw',
  paper: 'https://arxiv.org/abs/1603.09246',
  summary:
    'Tells in which order the nine patches of an image were laid. For photographs of things with parts; a step costs nine times that of one image.',
  views: { image: 'weak' },
  heads: ['perm'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    /** Orders that are used: fewer are easier, and teach less. */
    orders: v.optional(wholeBetween(2, ORDERS), 24),
  }),
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  targets({ tf, batch, random, config }) {
    const patches = gridPatches(tf, batch.views['image']!, random);
    const orders = batch.rows.map(() => random.int(config.orders));
    return {
      patches: choosePatches(
        tf,
        patches,
        orders.map((order) => PERMUTATIONS[order]!),
      ),
      labels: oneHot(tf, orders, config.orders),
    };
  },
  loss({ tf, model, params, config }, { patches, labels }) {
    const logits = model.head(tf, 'perm', params, model.embed(tf, params, patches as Tensor4D));
    const used = tf.slice(logits, [0, 0], [-1, config.orders]) as Tensor2D;
    return { order: tf.mean(crossEntropy(tf, used, labels!)) };
  },
  report: () => ({}),
});
