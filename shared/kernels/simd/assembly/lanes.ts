/** Four float32, the width of wasm's vectors. */
export const VECTOR: usize = 16;

/** a * b + c in every lane: rounded once where the engine has relaxed SIMD, twice elsewhere. */
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}
