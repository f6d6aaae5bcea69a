import { VECTOR } from './lanes';

/** Numbers whose squares are summed in single precision before they are added to the rest. */
const STRETCH: usize = 4096;

/** The sum of the squares of `count` numbers. */
export function squares(at: usize, count: i32): f64 {
  let total: f64 = 0;
  const end = at + ((<usize>count) << 2);
  while (at + VECTOR <= end) {
    const stop = min(end, at + (STRETCH << 2));
    let sum = f32x4.splat(0);
    for (; at + VECTOR <= stop; at += VECTOR) {
      const value = v128.load(at);
      sum = f32x4.add(sum, f32x4.mul(value, value));
    }
    total += <f64>f32x4.extract_lane(sum, 0) + <f64>f32x4.extract_lane(sum, 1);
    total += <f64>f32x4.extract_lane(sum, 2) + <f64>f32x4.extract_lane(sum, 3);
  }
  for (; at < end; at += 4) total += <f64>load<f32>(at) * <f64>load<f32>(at);
  return total;
}

/**
 * SGD with Nesterov momentum, in the order of operations of shared/train/optimisers/sgd.ts.
 * @param scale what the gradient is multiplied by first
 */
export function sgd(
  p: usize,
  v: usize,
  g: usize,
  newP: usize,
  newV: usize,
  count: i32,
  scale: f32,
  momentum: f32,
  rate: f32,
): void {
  const bytes = (<usize>count) << 2;
  const scales = f32x4.splat(scale);
  const momenta = f32x4.splat(momentum);
  const rates = f32x4.splat(rate);
  let i: usize = 0;
  for (; i + VECTOR <= bytes; i += VECTOR) {
    const gradient = f32x4.mul(v128.load(g + i), scales);
    const speed = f32x4.add(f32x4.mul(v128.load(v + i), momenta), gradient);
    const move = f32x4.add(gradient, f32x4.mul(speed, momenta));
    v128.store(newV + i, speed);
    v128.store(newP + i, f32x4.sub(v128.load(p + i), f32x4.mul(move, rates)));
  }
  for (; i < bytes; i += 4) {
    const gradient = load<f32>(g + i) * scale;
    const speed = load<f32>(v + i) * momentum + gradient;
    store<f32>(newV + i, speed);
    store<f32>(newP + i, load<f32>(p + i) - (gradient + speed * momentum) * rate);
  }
}

/**
 * Adam (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1), the corrections for its moments' zero
 * beginning put into `rate` and `epsilon` by the caller, in the order of operations of
 * shared/train/optimisers/adam.ts.
 */
export function adam(
  p: usize,
  m: usize,
  s: usize,
  g: usize,
  newP: usize,
  newM: usize,
  newS: usize,
  count: i32,
  scale: f32,
  beta1: f32,
  beta2: f32,
  rate: f32,
  epsilon: f32,
): void {
  const bytes = (<usize>count) << 2;
  const scales = f32x4.splat(scale);
  const keep1 = f32x4.splat(beta1);
  const take1 = f32x4.splat(1 - beta1);
  const keep2 = f32x4.splat(beta2);
  const take2 = f32x4.splat(1 - beta2);
  const rates = f32x4.splat(rate);
  const floors = f32x4.splat(epsilon);
  let i: usize = 0;
  for (; i + VECTOR <= bytes; i += VECTOR) {
    const gradient = f32x4.mul(v128.load(g + i), scales);
    const square = f32x4.mul(gradient, gradient);
    const mean = f32x4.add(f32x4.mul(v128.load(m + i), keep1), f32x4.mul(gradient, take1));
    const spread = f32x4.add(f32x4.mul(v128.load(s + i), keep2), f32x4.mul(square, take2));
    const move = f32x4.div(mean, f32x4.add(f32x4.sqrt(spread), floors));
    v128.store(newM + i, mean);
    v128.store(newS + i, spread);
    v128.store(newP + i, f32x4.sub(v128.load(p + i), f32x4.mul(move, rates)));
  }
  for (; i < bytes; i += 4) {
    const gradient = load<f32>(g + i) * scale;
    const mean = load<f32>(m + i) * beta1 + gradient * (1 - beta1);
    const spread = load<f32>(s + i) * beta2 + gradient * gradient * (1 - beta2);
    store<f32>(newM + i, mean);
    store<f32>(newS + i, spread);
    store<f32>(newP + i, load<f32>(p + i) - (mean / (sqrt<f32>(spread) + epsilon)) * rate);
  }
}

/** out = decay * a + (1 - decay) * p */
export function average(a: usize, p: usize, out: usize, count: i32, decay: f32): void {
  const bytes = (<usize>count) << 2;
  const keep = f32x4.splat(decay);
  const take = f32x4.splat(1 - decay);
  let i: usize = 0;
  for (; i + VECTOR <= bytes; i += VECTOR) {
    const kept = f32x4.mul(v128.load(a + i), keep);
    v128.store(out + i, f32x4.add(kept, f32x4.mul(v128.load(p + i), take)));
  }
  for (; i < bytes; i += 4)
    store<f32>(out + i, load<f32>(a + i) * decay + load<f32>(p + i) * (1 - decay));
}
