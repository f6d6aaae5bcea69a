import * as v from 'valibot';
import { crossEntropy } from '../../math/losses.ts';
import { l2Normalise } from '../../nn/layers.ts';
import type { Scalar, Tensor2D, Tf } from '../../nn/params.ts';
import { quarterTurned } from '../../math/quarter-turns.ts';
import { allRows, defineObjective } from '../contract.ts';
import { between } from '../settings.ts';

/**
 * ProtoCLR (Medina et al. 2020): an episode as a prototypical network has it, with as many classes as
 * the batch has images: each one's prototype is the image itself, its queries two strong views of it.
 */
export const protoclr = defineObjective({
  title: 'ProtoCLR',
  paper: 'https://arxiv.org/abs/2006.11325',
  summary:
    'Strong views of an image find their original among the batch, exactly as a query finds its class later. For crowds without known classes whose network is then used with few-shot prototypes: no projector stands between the two.',
  views: { support: 'plain', first: 'strong', second: 'strong' },
  heads: [],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    /** Cosines are divided by it. */
    temperature: v.optional(between(0.02, 1), 0.1),
    /** Each image turned by its own number of quarters first: as if there were four times as many kinds. */
    turns: v.optional(v.boolean(), false),
  }),
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  targets({ tf, batch, config, random }) {
    const turns = batch.rows.map(() => (config.turns ? random.int(4) : 0));
    return Object.fromEntries(
      Object.entries(batch.views).map(([view, images]) => [
        view,
        config.turns ? quarterTurned(tf, images, turns) : images.clone(),
      ]),
    );
  },
  loss({ tf, model, params, batch, config }, { support, first, second }) {
    const all = tf.concat([support!, first!, second!], 0) as never;
    const z = l2Normalise(tf, model.embed(tf, params, all));
    const ways = batch.rows.length;
    const prototypes = tf.slice(z, 0, ways) as Tensor2D;
    const queries = tf.slice(z, ways, 2 * ways) as Tensor2D;
    return { episode: episodeLoss(tf, prototypes, queries, config.temperature) };
  },
  report: () => ({}),
});

/**
 * Cross-entropy of queries with their prototypes, by cosine.
 * @param prototypes [ways, dim]  @param queries [ways * n, dim], of way 0, 1, ... and again from 0; all of unit length
 */
export function episodeLoss(
  tf: Tf,
  prototypes: Tensor2D,
  queries: Tensor2D,
  temperature: number,
): Scalar {
  const ways = prototypes.shape[0];
  const logits = tf.div(tf.matMul(queries, prototypes, false, true), temperature) as Tensor2D;
  const own = tf.tile(tf.eye(ways), [queries.shape[0] / ways, 1]);
  return tf.mean(crossEntropy(tf, logits, own)) as Scalar;
}
