import type { Example } from './prototypes.ts';

/**
 * The weights that minimise mean over classes of the mean cross-entropy of each class's examples, plus
 * penalty / 2 times the squared norm: plain gradient descent in double precision until it stands still.
 */
export function logisticWeights(
  support: readonly Example[],
  ways: number,
  penalty: number,
): number[][] {
  const dim = support[0]!.z.length;
  const weights = Array.from({ length: ways }, () => Array<number>(dim).fill(0));
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, d) => sum + value * b[d]!, 0);
  for (let step = 0; step < 4000; step++) {
    const slopes = weights.map((row) => row.map((value) => penalty * value));
    for (const { z, label } of support) {
      const powers = weights.map((row) => Math.exp(dot(row, z)));
      const all = powers.reduce((a, b) => a + b, 0);
      const own = support.filter((one) => one.label === label).length;
      powers.forEach((power, way) => {
        const error = (power / all - (way === label ? 1 : 0)) / (ways * own);
        z.forEach((value, d) => (slopes[way]![d]! += error * value));
      });
    }
    weights.forEach((row, way) => row.forEach((_, d) => (row[d]! -= slopes[way]![d]!)));
  }
  return weights;
}
