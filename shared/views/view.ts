import type { Random } from '../math/random.ts';
import type { InputSpec } from '../nn/net.ts';

/**
 * A view: what an objective asks the loader to make of an image.
 * Reads one image of size*size*channels numbers in [0, 1] at `offset` of `from`, writes one of the
 * same shape at `target` of `to`. All chance comes from `random`.
 */
export type View = {
  title: string;
  make(
    from: Float32Array,
    offset: number,
    to: Float32Array,
    target: number,
    input: InputSpec,
    random: Random,
  ): void;
};
