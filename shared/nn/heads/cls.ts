import { dense } from '../layers.ts';
import type { Head } from './head.ts';

export const cls: Head = {
  title: 'linear classifier over the base classes',
  specs: ({ features, classes }) => [
    // From zero: the first predictions are uniform, whatever the embedding's scale is.
    { name: 'head/cls/w', shape: [features, classes], init: { kind: 'constant', value: 0 } },
    { name: 'head/cls/b', shape: [classes], init: { kind: 'constant', value: 0 } },
  ],
  apply: (tf, params, z) => dense(tf, params, 'head/cls', z),
};
