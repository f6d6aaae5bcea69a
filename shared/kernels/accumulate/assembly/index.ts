export { crc32 } from './crc32';
export { float32Accumulate, float32Finite, float32Squares } from './float32';
export { int8Accumulate, int8Finite, int8Squares } from './int8';

/** Address of the first byte that no kernel keeps anything in: from here on memory is the caller's. */
export function free(): usize {
  return __heap_base;
}
