import { clipped, type Vector } from './nesterov.ts';

/** Kingma and Ba 2015, algorithm 1, to the letter; the numbers after every step. */
export function adam(
  start: Vector,
  gradient: (at: Vector) => Vector,
  { rate, momentum: beta1, clip }: { rate: number; momentum: number; clip: number },
  steps: number,
): Vector[] {
  const [beta2, epsilon] = [0.999, 1e-8];
  let theta = start;
  let m: Vector = start.map(() => 0);
  let v: Vector = start.map(() => 0);
  const seen: Vector[] = [];
  for (let t = 1; t <= steps; t++) {
    const g = clipped(gradient(theta), clip);
    m = m.map((value, i) => beta1 * value + (1 - beta1) * g[i]!);
    v = v.map((value, i) => beta2 * value + (1 - beta2) * g[i]! ** 2);
    const mHat = m.map((value) => value / (1 - beta1 ** t));
    const vHat = v.map((value) => value / (1 - beta2 ** t));
    theta = theta.map((value, i) => value - (rate * mHat[i]!) / (Math.sqrt(vHat[i]!) + epsilon));
    seen.push(theta);
  }
  return seen;
}
