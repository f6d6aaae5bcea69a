import { oneHot } from '../../math/one-hot.ts';
import * as v from 'valibot';
import { likeliest } from '../../math/distribution.ts';
import { crossEntropy } from '../../math/losses.ts';
import { HEADS } from '../../nn/heads/index.ts';
import { NETS } from '../../nn/index.ts';
import type { ModelSpec } from '../../nn/model.ts';
import type { Net } from '../../nn/net.ts';
import type { Params, Scalar, Tensor, Tensor2D, Tf } from '../../nn/params.ts';
import type { ParamSpec } from '../../weights/layout.ts';
import { allRows, defineObjective } from '../contract.ts';
import { between } from '../settings.ts';

/** Where the second learner's parameters are; behind it come the names of a net and its classifier. */
const PEER = 'own/peer/';

/**
 * Co-training (Blum and Mitchell 1998): two learners, each labels for the other what it is sure of. An
 * image has not the two views that text has, so the learners differ by their first weights and by
 * what their images look like, and are drawn together by Deep Co-Training's divergence (Qiao et al.
 * 2018, equation 2). Its adversarial term is left out. On images with labels (the server's own
 * steps) both learn those; the first is the model.
 */
export const coTraining = defineObjective({
  title: 'Co-training',
  paper: 'https://arxiv.org/abs/1803.05984',
  summary:
    'Two networks teach each other: what one is sure of becomes the other’s label. The server has to train both, so set it as the server’s objective too; it doubles work and traffic.',
  views: { weak: 'weak', first: 'strong', second: 'strong' },
  heads: ['cls'],
  uses: { labels: false, teacher: true },
  config: v.strictObject({
    threshold: v.optional(between(0, 1.01), 0.95),
    /** Only what both name alike becomes a label. */
    agreement: v.optional(v.boolean(), false),
    /** Of the divergence between the two. */
    weight: v.optional(between(0.001, 100), 1),
  }),
  mixesLabelled: true,
  parameters: peerSpecs,
  begin: async ({ data }) => ({ labels: data.labels }),
  rows: (_, data) => allRows(data),
  targets({ tf, model, teacher, state, batch, config }) {
    if (state.labels) {
      const named = Int32Array.from(batch.rows, (row) => state.labels![row] as number);
      const labels = oneHot(tf, named, model.spec.classes);
      const all = tf.ones([named.length]);
      return {
        byFirst: labels,
        bySecond: tf.clone(labels),
        firstSure: all,
        secondSure: tf.clone(all),
      };
    }
    const guess = (params: Params) =>
      tf.softmax(model.logits(tf, params, batch.views['weak']!)) as Tensor2D;
    const [first, second] = [guess(teacher), guess(peerOf(teacher))];
    const alike = tf.equal(tf.argMax(first, 1), tf.argMax(second, 1));
    const sure = (rows: Tensor2D) => {
      const confident = tf.greaterEqual(tf.max(rows, 1), config.threshold);
      return tf.cast(config.agreement ? tf.logicalAnd(confident, alike) : confident, 'float32');
    };
    return {
      ...{ byFirst: likeliest(tf, first), firstSure: sure(first) },
      ...{ bySecond: likeliest(tf, second), secondSure: sure(second) },
    };
  },
  loss({ tf, model, params, batch, labelled, config }, targets) {
    const peer = peerOf(params);
    const first = model.logits(tf, params, batch.views['first']!);
    const second = model.logits(tf, peer, batch.views['second']!);
    const taught = (logits: Tensor2D, labels: Tensor, sure: Tensor) =>
      tf.mean(tf.mul(crossEntropy(tf, logits, labels), sure));
    const { byFirst, firstSure, bySecond, secondSure } = targets as Record<string, Tensor>;
    // One term: a label from a peer that is sure of nothing yet moves nothing.
    const cotrained = tf.addN([
      taught(first, bySecond!, secondSure!),
      taught(second, byFirst!, firstSure!),
      tf.mul(apart(tf, first, second), config.weight),
    ]) as Scalar;
    if (!labelled) return { cotrained };
    const named = (of: Params) =>
      tf.mean(crossEntropy(tf, model.logits(tf, of, labelled.images), labelled.labels));
    return { cotrained, labelled: tf.add(named(params), named(peer)) as Scalar };
  },
  report: () => ({}),
});

function peerSpecs(spec: ModelSpec): ParamSpec[] {
  const net: Net = NETS[spec.net];
  const head = HEADS.cls.specs({ ...spec, features: net.features(spec.input) });
  return [...net.specs(spec.input), ...head].map((of) => ({ ...of, name: PEER + of.name }));
}

/** The second learner's parameters, by the names that net and head know them by. */
function peerOf(params: Params): Params {
  const own = Object.entries(params).filter(([name]) => name.startsWith(PEER));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(PEER.length), tensor]));
}

/** Jensen-Shannon divergence of two predictions, the mean over the batch, in nats. */
function apart(tf: Tf, a: Tensor2D, b: Tensor2D): Scalar {
  const [p, q] = [tf.softmax(a), tf.softmax(b)];
  const middle = tf.div(tf.add(p, q), 2);
  const logMiddle = tf.log(tf.add(middle, 1e-12));
  const from = (rows: Tensor, logits: Tensor2D) =>
    tf.sum(tf.mul(rows, tf.sub(tf.logSoftmax(logits), logMiddle)), 1);
  return tf.mean(tf.div(tf.add(from(p, a), from(q, b)), 2)) as Scalar;
}
