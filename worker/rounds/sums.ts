import kernel from '../../dist/kernels/accumulate.wasm';
import { plainSums, wasmSums, type Sums } from '../../shared/kernels/accumulate/sums.ts';

let started: Sums | undefined;

/**
 * What the isolate's shards take deltas in with: the wasm kernel. One instance for all of them,
 * which is safe because no call on it awaits.
 */
export function sums(): Sums {
  return (started ??= start());
}

/** The plain version gives the same sums, six times slower (`npm run bench -- accumulate`), so it says so. */
function start(): Sums {
  try {
    return wasmSums(kernel);
  } catch (error) {
    console.warn('the accumulate kernel does not start, its plain version is used:', error);
    return plainSums;
  }
}
