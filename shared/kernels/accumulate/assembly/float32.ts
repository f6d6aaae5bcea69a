/**
 * The inner loops of ../../../weights/schemes/float32.ts, bit for bit. A payload is `count` float32
 * at any address.
 */

/** sum[i] += weight * value[i]. @param sum address of `count` float64, aligned to 16 */
export function float32Accumulate(payload: usize, sum: usize, count: usize, weight: f64): void {
  const weights = f64x2.splat(weight);
  const end = payload + 4 * count;
  for (; payload + 16 <= end; payload += 16, sum += 32) {
    const all = v128.load(payload, 0, 1);
    const low = f64x2.promote_low_f32x4(all);
    const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(all, all, 1, 1));
    v128.store(sum, f64x2.add(v128.load(sum), f64x2.mul(weights, low)));
    v128.store(sum, f64x2.add(v128.load(sum, 16), f64x2.mul(weights, high)), 16);
  }
  for (; payload < end; payload += 4, sum += 8)
    store<f64>(sum, load<f64>(sum) + weight * <f64>load<f32>(payload, 0, 1));
}

/** One value after the other: another order would round otherwise, and a norm decides what is clipped. */
export function float32Squares(payload: usize, count: usize): f64 {
  let total: f64 = 0;
  for (const end = payload + 4 * count; payload < end; payload += 4) {
    const value = <f64>load<f32>(payload, 0, 1);
    total += value * value;
  }
  return total;
}

/** Whether no value is NaN or infinite: none has all eight bits of the exponent set. */
export function float32Finite(payload: usize, count: usize): bool {
  const EXPONENT: i32 = 0x7f800000;
  const exponents = i32x4.splat(EXPONENT);
  const end = payload + 4 * count;
  let found = i32x4.splat(0);
  for (; payload + 16 <= end; payload += 16) {
    const exponent = v128.and(v128.load(payload, 0, 1), exponents);
    found = v128.or(found, i32x4.eq(exponent, exponents));
  }
  for (; payload < end; payload += 4)
    if ((load<i32>(payload, 0, 1) & EXPONENT) === EXPONENT) return false;
  return !v128.any_true(found);
}
