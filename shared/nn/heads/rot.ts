import { denseSpecs, dense } from '../layers.ts';
import type { Head } from './head.ts';

export const rot: Head = {
  title: 'linear classifier of an image’s quarter turns',
  specs: ({ features }) => denseSpecs('head/rot', features, 4),
  apply: (tf, params, z) => dense(tf, params, 'head/rot', z),
};
