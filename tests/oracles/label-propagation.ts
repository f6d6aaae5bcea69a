import type { Example } from './prototypes.ts';

/**
 * Zhu and Ghahramani 2002, "Learning from labeled and unlabeled data with label propagation", section 2:
 * propagate, normalise rows, put the known labels back, until nothing changes. Every pass over the
 * queries; an example weighs one over its class's size.
 * @returns each query's share of every class
 */
export function propagatedShares(
  support: readonly Example[],
  queries: readonly number[][],
  ways: number,
  sharpness: number,
): number[][] {
  const like = (a: readonly number[], b: readonly number[]) =>
    Math.exp(sharpness * (a.reduce((sum, value, d) => sum + value * b[d]!, 0) - 1));
  const size = (label: number) => support.filter((one) => one.label === label).length;
  const nodes = [
    ...support.map(({ z, label }) => ({ z, label, weight: 1 / size(label) })),
    ...queries.map((z) => ({ z, label: -1, weight: 1 })),
  ];
  const moves = nodes.map(({ z }, i) => {
    const weights = nodes.map((other, j) => (i === j ? 0 : other.weight * like(z, other.z)));
    const degree = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / degree);
  });
  let shares: number[][] = nodes.map(({ label }) =>
    Array.from({ length: ways }, (_, way) => (way === label ? 1 : 0)),
  );
  for (let change = 1; change > 1e-10;) {
    const next = nodes.map(({ label }, i) =>
      shares[i]!.map((own, way) =>
        label >= 0 ? own : moves[i]!.reduce((sum, move, j) => sum + move * shares[j]![way]!, 0),
      ),
    );
    change = Math.max(
      ...next.flatMap((row, i) => row.map((v, way) => Math.abs(v - shares[i]![way]!))),
    );
    shares = next;
  }
  return shares.slice(support.length);
}
