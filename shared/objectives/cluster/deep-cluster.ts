import { oneHot } from '../../math/one-hot.ts';
import * as v from 'valibot';
import { crossEntropy } from '../../math/losses.ts';
import { countsOf, kMeans } from '../../math/k-means.ts';
import { principal } from '../../math/pca.ts';
import { range } from '../../math/random.ts';
import { unitRows } from '../../math/unit-rows.ts';
import { MOST_CLUSTERS } from '../../nn/heads/cluster.ts';
import type { Tensor2D } from '../../nn/params.ts';
import { allRows, defineObjective } from '../contract.ts';
import { featuresOf } from '../../train/features.ts';
import { wholeBetween } from '../settings.ts';

/** Each image's cluster, and each cluster's images. */
type State = { of: Int32Array; members: number[][] };

/**
 * DeepCluster (Caron et al. 2018): a round's labels are the k-means clusters of what the received
 * network sees. Clusters have no names that two volunteers could share, so each learns a classifier
 * of its own, from fresh; what is averaged is the network in front of it.
 */
export const deepCluster = defineObjective({
  title: 'Deep clustering',
  paper: 'https://arxiv.org/abs/1807.05520',
  summary:
    'Groups each volunteer’s images by what the network sees in them, then learns to tell the groups apart, round after round. For crowds whose classes nobody has named, where every volunteer holds a good many images.',
  views: { image: 'strong' },
  heads: ['cluster'],
  unsent: ['head/cluster/'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    /** Groups; fewer where a volunteer has too few images for them. */
    clusters: v.optional(wholeBetween(2, MOST_CLUSTERS), 32),
    /** Directions of the embedding that groups are formed by. */
    components: v.optional(wholeBetween(2, 256), 32),
  }),
  async begin(round) {
    const { config, data, random } = round;
    const features = await featuresOf(round, 'plain');
    const points = unitRows(principal(features, { components: config.components, whiten: true }));
    // Three images each at least: a cluster of one is an image, not a kind.
    const clusters = Math.max(2, Math.min(config.clusters, Math.floor(data.count / 3)));
    const found = kMeans(points, clusters, { rounds: 20, random });
    return { of: found.of, members: membersOf(found.of, found.clusters) };
  },
  // One cluster alone is learnt by saying its name whatever the image is.
  rows: ({ members }: State, data) => (members.length < 2 ? [] : allRows(data)),
  /** Equally often from every cluster: a large one must not be learnt by saying its name (section 3.3). */
  draw: ({ state, batch, random }) =>
    range(batch).map(() => {
      const members = state.members[random.int(state.members.length)]!;
      return members[random.int(members.length)]!;
    }),
  targets({ tf, batch, state }) {
    const named = Int32Array.from(batch.rows, (row) => state.of[row]!);
    return { labels: oneHot(tf, named, state.members.length) };
  },
  loss({ tf, model, params, batch, state }, { labels }) {
    const z = model.embed(tf, params, batch.views['image']!);
    const logits = model.head(tf, 'cluster', params, z);
    const used = tf.slice(logits, [0, 0], [-1, state.members.length]) as Tensor2D;
    return { cluster: tf.mean(crossEntropy(tf, used, labels!)) };
  },
  report({ of, members }) {
    const largest = Math.max(...countsOf(of, members.length));
    return { clusters: members.length, largestShare: largest / of.length };
  },
});

function membersOf(of: Int32Array, clusters: number): number[][] {
  const members = range(clusters).map(() => [] as number[]);
  of.forEach((cluster, row) => members[cluster]!.push(row));
  return members;
}
