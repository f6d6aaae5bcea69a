import { oneHot } from '../../math/one-hot.ts';
import * as v from 'valibot';
import { crossEntropy } from '../../math/losses.ts';
import { range } from '../../math/random.ts';
import { sinkhorn } from '../../math/sinkhorn.ts';
import { l2Normalise, param } from '../../nn/layers.ts';
import type { Params, Tensor2D, Tensor4D, Tf } from '../../nn/params.ts';
import { allTurns } from '../../math/quarter-turns.ts';
import { allRows, defineObjective, type RoundContext } from '../contract.ts';
import { featuresOf, projected } from '../../train/features.ts';
import { between, wholeBetween } from '../settings.ts';

const CENTROIDS = 'own/orchestra/centroids';
/** Clusters that all volunteers share. */
const GLOBAL = 64;
/** Numbers of the projector's output. */
const DIM = 64;
/** Rescalings of the transport plan, and times that local centroids are made anew from it. */
const ROUNDS = 10;

/** Of each image the global cluster that its local one was matched with. */
type State = { global: Int32Array; locals: number };

/**
 * Orchestra (Lubana et al. 2022): each volunteer sorts its images into clusters of equal size, matches
 * them with centroids that all volunteers share, and learns to put its images there. In the paper the
 * server clusters what volunteers send; here the shared centroids are parameters, which move towards
 * the local clusters that were matched with them, and are averaged as all parameters are.
 */
export const orchestra = defineObjective({
  title: 'Orchestra',
  paper: 'https://arxiv.org/abs/2205.11506',
  summary:
    'Sorts each volunteer’s images into a few equal groups and ties them to groups that the whole crowd shares; telling turned images apart keeps all from becoming one. For large crowds in which everybody holds few images of few kinds.',
  views: { first: 'strong', second: 'strong' },
  heads: ['proj', 'rot'],
  uses: { labels: false, teacher: true },
  parameters: () => [{ name: CENTROIDS, shape: [GLOBAL, DIM], init: { kind: 'he', fanIn: DIM } }],
  config: v.strictObject({
    /** Groups of one volunteer. */
    locals: v.optional(wholeBetween(2, GLOBAL), 16),
    temperature: v.optional(between(0.01, 1), 0.1),
    /** Share of a target that is the image's own group; the rest is where the teacher puts it. */
    own: v.optional(between(0, 1), 0.5),
    /** Weight of telling turned images apart. */
    rotation: v.optional(between(0.01, 10), 1),
  }),
  begin: match,
  rows: (_, data) => allRows(data),
  targets({ tf, model, teacher, received, batch, state, config }) {
    const z = projected(model.embed(tf, teacher, batch.views['second']!), tf, model, teacher);
    const there = tf.softmax(tf.div(nearTo(tf, received, z), config.temperature) as Tensor2D);
    const named = batch.rows.map((row) => state.global[row]!);
    const own = oneHot(tf, named, GLOBAL);
    const turned = allTurns(tf, batch.views['first']!);
    return {
      clusters: tf.add(tf.mul(own, config.own), tf.mul(there, 1 - config.own)),
      images: turned.images,
      turns: turned.labels,
    };
  },
  loss({ tf, model, params, batch, config }, { clusters, images, turns }) {
    const embedding = model.embed(tf, params, images as Tensor4D);
    // The first quarter of them is not turned.
    const upright = tf.slice(embedding, 0, batch.rows.length) as Tensor2D;
    const z = projected(upright, tf, model, params);
    const logits = tf.div(nearTo(tf, params, z), config.temperature) as Tensor2D;
    const turnedTo = model.head(tf, 'rot', params, embedding);
    return {
      cluster: tf.mean(crossEntropy(tf, logits, clusters!)),
      rotation: tf.mul(config.rotation, tf.mean(crossEntropy(tf, turnedTo, turns!))),
    };
  },
  report: ({ locals }) => ({ clusters: locals }),
});

/** Cosines with the shared centroids: [batch, dim] -> [batch, GLOBAL]. */
function nearTo(tf: Tf, params: Params, z: Tensor2D): Tensor2D {
  const centroids = l2Normalise(tf, param(params, CENTROIDS) as Tensor2D);
  return tf.matMul(z, centroids, false, true);
}

type Config = { locals: number };

/** Local clusters of equal size, each matched with a shared one of its own. */
async function match(round: RoundContext<Config>): Promise<State> {
  const { tf, params, config, data } = round;
  const { data: numbers, count, dim } = await featuresOf(round, 'plain', projected);
  const locals = Math.min(config.locals, count);
  const [plan, products] = tf.tidy(() => {
    const z = tf.tensor2d(numbers, [count, dim]);
    const starts = range(locals).map((i) => Math.floor((i * count) / locals));
    let centroids = tf.gather(z, tf.tensor1d(starts, 'int32'));
    let shares = z;
    for (let turn = 0; turn < ROUNDS; turn++) {
      const scores = tf.matMul(z, centroids, false, true) as Tensor2D;
      shares = sinkhorn(tf, scores, { epsilon: 0.05, rounds: ROUNDS });
      centroids = l2Normalise(tf, tf.matMul(shares, z, true) as Tensor2D);
    }
    return [tf.argMax(shares, 1), nearTo(tf, params, centroids)];
  }) as [Tensor2D, Tensor2D];
  const [of, near] = await Promise.all([plan.data(), products.data()]);
  plan.dispose();
  products.dispose();
  const matched = matchOnce(near as Float32Array, locals);
  return { global: Int32Array.from({ length: data.count }, (_, i) => matched[of[i]!]!), locals };
}

/** Closest pairs first, each local cluster and each shared one at most once. @param near [locals, GLOBAL] */
export function matchOnce(near: Float32Array, locals: number): Int32Array {
  const shared = near.length / locals;
  const matched = new Int32Array(locals).fill(-1);
  const taken = new Set<number>();
  const pairs = [...near.keys()].sort((a, b) => near[b]! - near[a]! || a - b);
  for (const pair of pairs) {
    const [local, global] = [Math.floor(pair / shared), pair % shared];
    if (matched[local] !== -1 || taken.has(global)) continue;
    matched[local] = global;
    taken.add(global);
  }
  return matched;
}
