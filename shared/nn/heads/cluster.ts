import { dense, denseSpecs } from '../layers.ts';
import type { Head } from './head.ts';

/** Clusters that a volunteer can tell apart. */
export const MOST_CLUSTERS = 128;

export const cluster: Head = {
  title: 'linear classifier over clusters that a volunteer found among its own images',
  specs: ({ features }) => denseSpecs('head/cluster', features, MOST_CLUSTERS),
  apply: (tf, params, z) => dense(tf, params, 'head/cluster', z),
};
