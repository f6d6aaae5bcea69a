import type { SchemeId } from '../../shared/weights/schemes/index.ts';
import type { Random } from '../../shared/math/random.ts';
import { encode } from '../../shared/weights/codec.ts';
import { subtract } from '../../shared/weights/delta.ts';
import { encodeWithFeedback } from '../../shared/weights/feedback.ts';
import { SCHEMES } from '../../shared/weights/schemes/index.ts';
import type { EncodedDelta } from '../net/upload.ts';

export type Learnt = {
  /** What may leave the tab. */
  message: EncodedDelta;
  /** What the message lost; stays in the tab. Null where the scheme needs no feedback. */
  residual: Float32Array | null;
};

/**
 * What was learnt, as the bytes that may leave the tab: the difference of two weight vectors, encoded.
 * @param residual of the last delta of this project that was acknowledged, null before the first. Keep
 *   the new one only once this message is acknowledged too: what nobody received was not sent.
 */
export function encodeDelta(
  scheme: SchemeId,
  after: Float32Array,
  before: Float32Array,
  random: Random,
  residual: Float32Array | null = null,
): Learnt {
  const delta = subtract(after, before);
  if (!SCHEMES[scheme].feedback)
    return { message: encode(scheme, delta, random) as EncodedDelta, residual: null };
  const sent = encodeWithFeedback(scheme, delta, residual, random);
  return { message: sent.message as EncodedDelta, residual: sent.residual };
}
