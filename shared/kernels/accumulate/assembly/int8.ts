/**
 * The inner loops of ../../../weights/schemes/int8.ts, in its order of operations: multiplications
 * and additions in float64, never fused, so every bit comes out as there. A payload is
 * ceil(count / 256) float32 scales and then `count` codes, at any address.
 */
const BLOCK: usize = 256;

/** Of a larger one, 128 times is no float32 any more. */
const LARGEST_SCALE: f64 = 3.4028234663852886e38 / 128;

/** sum[i] += (weight * scale) * code[i]. @param sum address of `count` float64, aligned to 16 */
export function int8Accumulate(payload: usize, sum: usize, count: usize, weight: f64): void {
  let codes = payload + scaleBytes(count);
  for (let scale = payload; count > 0; scale += 4) {
    const length = min(BLOCK, count);
    const step = weight * <f64>load<f32>(scale, 0, 1);
    addBlock(codes, sum, length, step);
    codes += length;
    sum += 8 * length;
    count -= length;
  }
}

function addBlock(codes: usize, sum: usize, length: usize, step: f64): void {
  const steps = f64x2.splat(step);
  const end = codes + length;
  for (; codes + 16 <= end; codes += 16, sum += 128) {
    const all = v128.load(codes, 0, 1);
    const low = i16x8.extend_low_i8x16_s(all);
    const high = i16x8.extend_high_i8x16_s(all);
    addFour(i32x4.extend_low_i16x8_s(low), sum, steps);
    addFour(i32x4.extend_high_i16x8_s(low), sum + 32, steps);
    addFour(i32x4.extend_low_i16x8_s(high), sum + 64, steps);
    addFour(i32x4.extend_high_i16x8_s(high), sum + 96, steps);
  }
  for (; codes < end; codes++, sum += 8)
    store<f64>(sum, load<f64>(sum) + step * <f64>load<i8>(codes));
}

function addFour(codes: v128, sum: usize, steps: v128): void {
  const low = f64x2.convert_low_i32x4_s(codes);
  const high = f64x2.convert_low_i32x4_s(v128.shuffle<i64>(codes, codes, 1, 1));
  v128.store(sum, f64x2.add(v128.load(sum), f64x2.mul(steps, low)));
  v128.store(sum, f64x2.add(v128.load(sum, 16), f64x2.mul(steps, high)), 16);
}

/** The sum of the squared values: exact whole numbers in a block, float64 over the blocks. */
export function int8Squares(payload: usize, count: usize): f64 {
  let codes = payload + scaleBytes(count);
  let total: f64 = 0;
  for (let at = payload; count > 0; at += 4) {
    const length = min(BLOCK, count);
    const scale = <f64>load<f32>(at, 0, 1);
    total += scale * scale * <f64>blockSquares(codes, length);
    codes += length;
    count -= length;
  }
  return total;
}

/** At most 256 times 128 squared, far below 2^31. */
function blockSquares(codes: usize, length: usize): i32 {
  const end = codes + length;
  let sums = i32x4.splat(0);
  for (; codes + 16 <= end; codes += 16) {
    const all = v128.load(codes, 0, 1);
    const low = i16x8.extend_low_i8x16_s(all);
    const high = i16x8.extend_high_i8x16_s(all);
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(low, low));
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(high, high));
  }
  let total =
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3);
  for (; codes < end; codes++) {
    const code = <i32>load<i8>(codes);
    total += code * code;
  }
  return total;
}

/** Whether every code decodes to a finite float32. Written so that NaN is refused too. */
export function int8Finite(payload: usize, count: usize): bool {
  const end = payload + scaleBytes(count);
  for (; payload < end; payload += 4)
    if (!(Math.abs(<f64>load<f32>(payload, 0, 1)) <= LARGEST_SCALE)) return false;
  return true;
}

function scaleBytes(count: usize): usize {
  return 4 * ((count + BLOCK - 1) / BLOCK);
}
