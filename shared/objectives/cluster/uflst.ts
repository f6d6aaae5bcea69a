import * as v from 'valibot';
import { dbscan } from '../../math/dbscan.ts';
import { crossEntropy } from '../../math/losses.ts';
import { nearestNeighbours } from '../../math/neighbours.ts';
import { quarterTurned } from '../../math/quarter-turns.ts';
import { range, type Random } from '../../math/random.ts';
import { jaccardDistances } from '../../math/re-ranking.ts';
import { unitRows } from '../../math/unit-rows.ts';
import { l2Normalise } from '../../nn/layers.ts';
import type { Scalar, Tensor, Tensor2D, Tensor4D, Tf } from '../../nn/params.ts';
import { defineObjective } from '../contract.ts';
import { featuresOf } from '../../train/features.ts';
import { between, wholeBetween } from '../settings.ts';

/** The clusters' images; an image in none is in no list. */
type State = { of: Int32Array; members: number[][] };

/** Neighbours that make an image the core of a cluster, itself included. */
const CORE = 4;
/** Memberships that are averaged in re-ranking: Zhong et al.'s k2. */
const EXPAND = 6;

/**
 * UFLST (Ji et al. 2019): rounds of clustering by re-ranked distances, then learning the clusters as
 * classes of a few-shot task. What belongs to no cluster is left out of the round.
 */
export const uflst = defineObjective({
  title: 'UFLST',
  paper: 'https://arxiv.org/abs/1912.12178',
  summary:
    'Finds groups of images that are each other’s neighbours, leaves out the doubtful ones, and learns to tell the groups apart, round after round. The best known way to few-shot classes without a label; needs a network that has learnt by ProtoCLR or SimCLR first.',
  views: { image: 'strong' },
  heads: [],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    /** Neighbours that two images are compared by; about as many as there are images of a kind. */
    neighbours: v.optional(wholeBetween(4, 100), 15),
    /** Distance up to which two images may be of one kind. */
    within: v.optional(between(0.05, 0.95), 0.5),
    /** Images of each cluster in a batch. */
    shots: v.optional(wholeBetween(2, 16), 4),
    /** triplet: the farthest of its own against the nearest of the others (the paper's); contrast: all of them at once. */
    loss: v.optional(v.picklist(['triplet', 'contrast']), 'contrast'),
    /** By how much a triplet's other must be farther away. */
    margin: v.optional(between(0, 2), 0.5),
    temperature: v.optional(between(0.02, 1), 0.1),
    /** Each cluster of a batch turned by its own number of quarters: as if there were four times as many kinds. */
    turns: v.optional(v.boolean(), false),
  }),
  async begin(round) {
    const { tf, config } = round;
    const points = unitRows(await featuresOf(round, 'plain'));
    const { neighbours, within } = config;
    const near = await nearestNeighbours(tf, points, neighbours + 1);
    const distances = jaccardDistances(near, { k: neighbours, expand: EXPAND, most: within });
    const { of, clusters } = dbscan(distances, { within, least: CORE });
    const members = range(clusters).map(() => [] as number[]);
    of.forEach((cluster, row) => members[cluster]?.push(row));
    return { of, members };
  },
  // One cluster alone has nothing to be told from.
  rows: ({ members }: State) => (members.length < 2 ? [] : members.flat()),
  draw: ({ state, config, batch, random }) =>
    drawClusters(state.members, batch, config.shots, random),
  targets({ tf, batch, state, config, random }) {
    const clusters = batch.rows.map((row) => state.of[row]!);
    const of = tf.tensor1d(clusters, 'int32');
    const same = tf.equal(tf.expandDims(of, 0), tf.expandDims(of, 1));
    const turn = new Map(clusters.map((cluster) => [cluster, config.turns ? random.int(4) : 0]));
    const turns = clusters.map((cluster) => turn.get(cluster)!);
    const image = batch.views['image']!;
    return {
      images: config.turns ? quarterTurned(tf, image, turns) : image.clone(),
      same: tf.cast(same, 'float32'),
    };
  },
  loss({ tf, model, params, config }, { images, same }) {
    const z = l2Normalise(tf, model.embed(tf, params, images as Tensor4D));
    return {
      clusters:
        config.loss === 'triplet'
          ? hardTriplets(tf, z, same!, config.margin)
          : togetherness(tf, z, same!, config.temperature),
    };
  },
  report: ({ of, members }) => ({
    clusters: members.length,
    coverage: members.flat().length / of.length,
  }),
});

/** As many clusters as a batch has room for, each with `shots` images; a small one gives some of its images twice. */
function drawClusters(
  members: readonly (readonly number[])[],
  batch: number,
  shots: number,
  random: Random,
): number[] {
  const wanted = Math.max(2, Math.floor(batch / shots));
  const chosen = random.shuffle(range(members.length)).slice(0, wanted);
  return chosen.flatMap((cluster) => {
    const order = random.shuffle([...members[cluster]!]);
    return range(shots).map((n) => order[n % order.length]!);
  });
}

/**
 * The batch's hardest triplets (Hermans et al. 2017, arXiv:1703.07737, equation 5): of each image the
 * farthest of its own cluster and the nearest of another, by Euclidean distance.
 * @param z [batch, dim], of unit length  @param same [batch, batch], 1 where two are of one cluster
 */
export function hardTriplets(tf: Tf, z: Tensor2D, same: Tensor, margin: number): Scalar {
  const squared = tf.sub(2, tf.mul(2, tf.matMul(z, z, false, true)));
  // An image's distance to itself is zero, where a root has no slope.
  const distance = tf.sqrt(tf.maximum(squared, 1e-6));
  const farthest = tf.max(tf.mul(distance, same), 1);
  const nearest = tf.min(tf.add(distance, tf.mul(same, 1e3)), 1);
  return tf.mean(tf.relu(tf.add(tf.sub(farthest, nearest), margin))) as Scalar;
}

/**
 * Supervised contrast (Khosla et al. 2020, arXiv:2004.11362, equation 2): each image against the
 * batch, the mean over all of its own cluster; itself is left out.
 */
export function togetherness(tf: Tf, z: Tensor2D, same: Tensor, temperature: number): Scalar {
  const self = tf.eye(z.shape[0]);
  const logits = tf.sub(
    tf.div(tf.matMul(z, z, false, true), temperature),
    tf.mul(self, 1e9),
  ) as Tensor2D;
  const own = tf.sub(same, self);
  const share = tf.div(own, tf.maximum(tf.sum(own, 1, true), 1));
  return tf.mean(crossEntropy(tf, logits, share)) as Scalar;
}
