import { Problem } from '../../shared/api/problem.ts';
import { open } from '../../shared/weights/codec.ts';
import type { SchemeId } from '../../shared/weights/schemes/index.ts';
import type { EncodedDelta } from '../net/upload.ts';

/**
 * Bytes that were kept, as the delta they are: the codec has to know them as a whole message of this
 * scheme and size, checksum and all. @returns undefined when it does not; such bytes leave no tab.
 */
export function keptDelta(
  bytes: Uint8Array,
  expected: { count: number; scheme: SchemeId },
): EncodedDelta | undefined {
  try {
    open(bytes, expected);
    return bytes as EncodedDelta;
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}
