export type Arrival = { delta: number[]; staleness: number };

/**
 * Nguyen et al. 2022, FedBuff, algorithm 1, the server's side: arrivals are added to the buffer with
 * `s(tau) = 1 / sqrt(1 + tau)`, and every K of them `w <- w + rate * buffer / K` at the rate 1.
 */
export function fedBuff(start: readonly number[], arrivals: readonly Arrival[], K: number) {
  let w = [...start];
  let buffer = w.map(() => 0);
  let k = 0;
  for (const { delta, staleness } of arrivals) {
    const s = 1 / Math.sqrt(1 + staleness);
    buffer = buffer.map((sum, i) => sum + s * delta[i]!);
    k = k + 1;
    if (k === K) {
      w = w.map((value, i) => value + buffer[i]! / K);
      buffer = w.map(() => 0);
      k = 0;
    }
  }
  return w;
}
