/** The kernels as this engine has them best: SIMD with fused multiply-add. */
import { expect, test } from 'vitest';
import { simdVariant } from '../../client/tf-simd.ts';
import '../kit/kernel-suite.ts';

test('relaxed SIMD is there, and taken', () => {
  expect(simdVariant()).toBe('relaxed-simd');
});
