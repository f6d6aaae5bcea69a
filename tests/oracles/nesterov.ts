export type Vector = readonly number[];

/**
 * Sutskever et al. 2013, equations 3 and 4: `v' = mu v - rate grad(theta + mu v); theta' = theta + v'`.
 * The gradient is taken ahead of theta; the numbers that it is taken at, `theta + mu v`, are what a
 * program keeps as its weights, so they are what is returned after every step.
 */
export function nesterov(
  start: Vector,
  gradient: (at: Vector) => Vector,
  { rate, momentum, clip }: { rate: number; momentum: number; clip: number },
  steps: number,
): Vector[] {
  let theta = start;
  let v: Vector = start.map(() => 0);
  const ahead = () => theta.map((value, i) => value + momentum * v[i]!);
  const seen: Vector[] = [];
  for (let step = 0; step < steps; step++) {
    const g = clipped(gradient(ahead()), clip);
    v = v.map((value, i) => momentum * value - rate * g[i]!);
    theta = theta.map((value, i) => value + v[i]!);
    seen.push(ahead());
  }
  return seen;
}

/** Pascanu et al. 2013, algorithm 1: a gradient longer than the threshold is scaled down to it. */
export function clipped(g: Vector, threshold: number): Vector {
  const length = Math.sqrt(g.reduce((sum, value) => sum + value * value, 0));
  return length > threshold ? g.map((value) => (threshold / length) * value) : g;
}

/** Polyak averaging as Mean Teacher has it (Tarvainen and Valpola 2017): `a' = decay a + (1 - decay) w`. */
export function follow(average: Vector, weights: Vector, decay: number): Vector {
  return average.map((value, i) => decay * value + (1 - decay) * weights[i]!);
}
