import { fedAvg, type Client } from './fedavg.ts';

type Choice = { rate: number; beta1: number; beta2: number; tau: number };

/**
 * Reddi et al. 2021, algorithm 2, in its own signs, `delta_t^i = x_i - x_t`, and its own lines: m from
 * 0 and v from tau^2, `m <- beta1 m + (1 - beta1) delta`, v by the rule, `x <- x + rate m / (sqrt v +
 * tau)`.
 */
export function fedOpt(
  rule: 'fedadagrad' | 'fedyogi' | 'fedadam',
  start: readonly number[],
  rounds: readonly (readonly Client[])[],
  { rate, beta1, beta2, tau }: Choice,
): number[] {
  const x = [...start];
  const m = x.map(() => 0);
  const v = x.map(() => tau * tau);
  for (const clients of rounds) {
    const average = fedAvg(clients);
    const delta = average.map((value, i) => value - x[i]!);
    for (let i = 0; i < x.length; i++) {
      const square = delta[i]! * delta[i]!;
      m[i] = beta1 * m[i]! + (1 - beta1) * delta[i]!;
      if (rule === 'fedadagrad') v[i] = v[i]! + square;
      if (rule === 'fedyogi') {
        if (v[i]! > square) v[i] = v[i]! - (1 - beta2) * square;
        else if (v[i]! < square) v[i] = v[i]! + (1 - beta2) * square;
      }
      if (rule === 'fedadam') v[i] = beta2 * v[i]! + (1 - beta2) * square;
      x[i] = x[i]! + (rate * m[i]!) / (Math.sqrt(v[i]!) + tau);
    }
  }
  return x;
}
