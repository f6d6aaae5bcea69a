export type Vector = readonly number[];

const ETA = 0.01;

/**
 * Sharpness-aware descent in weights' own sizes, slowly (Kwon et al. 2021, arXiv:2102.11600, algorithm 1
 * and equation 9), without momentum.
 */
export function asam(
  start: Vector,
  gradient: (at: Vector) => Vector,
  { rho, rate, steps }: { rho: number; rate: number; steps: number },
): Vector {
  let w = [...start];
  for (let step = 0; step < steps; step++) {
    const g = gradient(w);
    const size = w.map((x) => Math.abs(x) + ETA);
    const norm = Math.hypot(...g.map((x, i) => size[i]! * x));
    const around = w.map((x, i) => x + (rho * size[i]! ** 2 * g[i]!) / norm);
    const there = gradient(around);
    w = w.map((x, i) => x - rate * there[i]!);
  }
  return w;
}
