import * as v from 'valibot';
import { l2Normalise } from '../../nn/layers.ts';
import type { Scalar, Tensor2D, Tf } from '../../nn/params.ts';
import { slowCopy, slowFollowing, slowParams } from '../../nn/slow.ts';
import { allRows, defineObjective } from '../contract.ts';
import { projected } from '../../train/features.ts';
import { between } from '../settings.ts';

/**
 * BYOL (Grill et al. 2020): from one view the student foretells what a slow copy of itself makes of
 * the other. No negatives; that the predictor is the student's alone keeps all from becoming one.
 */
export const byol = defineObjective({
  title: 'BYOL',
  paper: 'https://arxiv.org/abs/2006.07733',
  summary:
    'Foretells from one view of an image what a slow copy of the network sees in another, without pushing any images apart. For crowds of which each volunteer holds few kinds of image, where every negative would be a false one.',
  views: { first: 'strong', second: 'strong' },
  heads: ['proj', 'pred'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    /** How much of itself the slow copy keeps at each step. */
    momentum: v.optional(between(0, 0.9999), 0.99),
  }),
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  memory: ({ tf, params }) => slowCopy(tf, params),
  targets({ tf, model, memory, batch }) {
    const slow = slowParams(memory);
    const target = (view: string) =>
      projected(model.embed(tf, slow, batch.views[view]!), tf, model, slow);
    return { first: target('first'), second: target('second') };
  },
  loss({ tf, model, params, batch }, { first, second }) {
    const foretold = (view: string) => {
      const z = model.head(tf, 'proj', params, model.embed(tf, params, batch.views[view]!));
      return model.head(tf, 'pred', params, z);
    };
    const one = regression(tf, foretold('first'), second as Tensor2D);
    const other = regression(tf, foretold('second'), first as Tensor2D);
    return { regression: tf.div(tf.add(one, other), 2) };
  },
  remember: ({ tf, params, memory, config }) => slowFollowing(tf, memory, params, config.momentum),
  report: () => ({}),
});

/**
 * The squared distance of both at unit length, 2 - 2 cos, mean over the batch (BYOL, equation 2): 0 to 4.
 * @param foretold [batch, dim]  @param target [batch, dim], of unit length
 */
export function regression(tf: Tf, foretold: Tensor2D, target: Tensor2D): Scalar {
  const cosine = tf.sum(tf.mul(l2Normalise(tf, foretold), target), 1);
  return tf.mean(tf.sub(2, tf.mul(2, cosine))) as Scalar;
}
