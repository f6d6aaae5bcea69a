import type { SchemeId } from '../../shared/weights/schemes/index.ts';
import type { Random } from '../../shared/math/random.ts';
import { encode } from '../../shared/weights/codec.ts';
import { subtract } from '../../shared/weights/delta.ts';
import type { EncodedDelta } from '../net/upload.ts';

/** What was learnt, as the bytes that may leave the tab: the difference of two weight vectors, encoded. */
export function encodeDelta(
  scheme: SchemeId,
  after: Float32Array,
  before: Float32Array,
  random: Random,
): EncodedDelta {
  return encode(scheme, subtract(after, before), random) as EncodedDelta;
}
