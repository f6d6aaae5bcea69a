import { readFileSync } from 'node:fs';
import { KERNEL_OUT } from '../../client/cli/edge/build.ts';
import { wasmSums, type Sums } from '../../shared/kernels/accumulate/sums.ts';

/** Sums on a kernel instance of their own. @throws when the kernel is not built */
export function startSums(): Sums {
  return wasmSums(new WebAssembly.Module(readFileSync(KERNEL_OUT)));
}
