/** A toy objective, and sessions of it: what a session promises is easiest seen on one parameter. */
import * as v from 'valibot';
import { Random } from '../../shared/math/random.ts';
import { initialise } from '../../shared/nn/params.ts';
import { allRows, type Objective } from '../../shared/objectives/contract.ts';
import { tf } from '../kit/backends.ts';
import { digest, smallModel, startSession, stripes } from './stripes.ts';

export const MODEL = smallModel('cls', 'proj');
export const WEIGHTS = initialise(MODEL.layout, new Random(1)).map((value) => value + 0.1);
export const DATA = stripes(10, 1);
export const BIAS = 'head/cls/b';

/** An objective that pulls one parameter to zero, and whatever else a test wants of it. */
export function pull(wish: Partial<Objective> = {}): Objective {
  return {
    ...{ title: 'Pull', paper: 'https://example.org', summary: 'Pulls.', config: v.object({}) },
    ...{ views: { image: 'plain' }, heads: ['cls'], uses: { labels: false, teacher: false } },
    begin: async () => undefined,
    rows: (_, data) => allRows(data),
    targets: () => ({}),
    loss: ({ params }) => ({ pull: tf.sum(tf.square(params[BIAS]!)) }),
    report: () => ({}),
    ...wish,
  };
}

export const start = (objective: Objective, more: object = {}) =>
  startSession({
    ...{ model: MODEL, objective, weights: WEIGHTS, data: DATA, batch: 4, momentum: 0, clip: 1e6 },
    ...more,
  });

/** A parameter's numbers in flat weights. */
export function partOf(flat: Float32Array, name: string): number[] {
  const { offset, size } = MODEL.layout.entries.find((entry) => entry.name === name)!;
  return [...flat.subarray(offset, offset + size)];
}

/** All the other parameters', in short. */
export const others = (flat: Float32Array) => {
  const rest = MODEL.layout.entries.filter(({ name }) => name !== BIAS);
  return digest(Float32Array.from(rest.flatMap(({ name }) => partOf(flat, name))));
};
