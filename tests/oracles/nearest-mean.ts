import type { Example } from './prototypes.ts';

/**
 * Mensink et al. 2013, equation 1: a class is its examples' mean `mu_c`, and a query of the class whose
 * mean is nearest by the Euclidean distance. Here the squared distances themselves, one row a query.
 */
export function squaredDistances(
  support: readonly Example[],
  queries: readonly (readonly number[])[],
  ways: number,
): number[][] {
  const means = Array.from({ length: ways }, (_, c) => {
    const own = support.filter(({ label }) => label === c).map(({ z }) => z);
    return own[0]!.map((__, d) => own.reduce((sum, z) => sum + z[d]!, 0) / own.length);
  });
  return queries.map((query) =>
    means.map((mean) => mean.reduce((sum, value, d) => sum + (query[d]! - value) ** 2, 0)),
  );
}
