/** The kernels on an engine without relaxed SIMD. */
import { expect, test, vi } from 'vitest';
import { simdVariant } from '../../client/tf-simd.ts';

const validate = WebAssembly.validate;
/** The opcodes of relaxed SIMD are 0xfd, 0x80 to 0xaf, 0x02. */
const isRelaxed = (bytes: Uint8Array) =>
  bytes.some((byte, i) => byte === 0xfd && bytes[i + 1]! >= 0x80 && bytes[i + 2] === 2);
vi.spyOn(WebAssembly, 'validate').mockImplementation(
  (bytes) => !isRelaxed(bytes as Uint8Array) && validate(bytes),
);
await import('../kit/kernel-suite.ts');

test('plain SIMD is taken', () => {
  expect(simdVariant()).toBe('simd');
});
