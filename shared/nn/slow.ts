import { running } from '../math/distribution.ts';
import type { Params, Tf } from './params.ts';

/** What a momentum encoder is made of: backbone and projector. */
const ENCODER = ['backbone/', 'head/proj/'];

const PREFIX = 'slow/';

/** A momentum encoder (He et al. 2020, MoCo) as an objective's memory carries it: copies named `slow/...`. */
export function slowCopy(tf: Tf, params: Params): Params {
  const copied = Object.entries(params).filter(([name]) =>
    ENCODER.some((start) => name.startsWith(start)),
  );
  return Object.fromEntries(copied.map(([name, tensor]) => [PREFIX + name, tf.clone(tensor)]));
}

/** The encoder out of a memory, by the names that a net knows. Not to be disposed. */
export function slowParams(memory: Params): Params {
  return Object.fromEntries(
    Object.entries(memory)
      .filter(([name]) => name.startsWith(PREFIX))
      .map(([name, tensor]) => [name.slice(PREFIX.length), tensor]),
  );
}

/** What it is after a step: slow <- decay * slow + (1 - decay) * student, by the names of the memory. */
export function slowFollowing(tf: Tf, memory: Params, student: Params, decay: number): Params {
  return Object.fromEntries(
    Object.entries(slowParams(memory)).map(([name, slow]) => [
      PREFIX + name,
      running(tf, slow, student[name]!, decay),
    ]),
  );
}
