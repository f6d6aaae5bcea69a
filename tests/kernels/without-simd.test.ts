/** The kernels on an engine without any SIMD: tfjs takes its plain binary, ours are composed of its. */
import { expect, test, vi } from 'vitest';
import { simdVariant } from '../../client/tf-simd.ts';
import { SGD_STEP } from '../../shared/kernels/whole-model.ts';

const warnings: string[] = [];
vi.spyOn(console, 'warn').mockImplementation((line: string) => void warnings.push(line));
vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
const { tf } = await import('../kit/backends.ts');
await import('../kit/kernel-suite.ts');

test('none of ours is taken, and it is said', async () => {
  expect(simdVariant()).toBeUndefined();
  expect(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')).toBe(false);
  expect(tf.getKernel(SGD_STEP, 'wasm')).toBeUndefined();
  expect(warnings.join()).toContain('no wasm SIMD');
});
