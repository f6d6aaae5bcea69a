/** Leave-one-out accuracy, written slowly: for every example the whole classifier is made anew. */

type Class = { name: string; examples: number[][] };

const dot = (a: number[], b: number[]) => a.reduce((sum, value, d) => sum + value * b[d]!, 0);
const length = (a: number[]) => Math.sqrt(dot(a, a));
const meanOf = (rows: number[][]) =>
  rows[0]!.map((_, d) => rows.reduce((sum, row) => sum + row[d]!, 0) / rows.length);
const cosine = (a: number[], b: number[]) => dot(a, b) / (length(a) * length(b));

/** Similarities by head, from a class's examples: the papers' formulas. */
export const SIMILARITY: Record<string, (query: number[], examples: number[][]) => number> = {
  // Snell et al. 2017, by the cosine.
  prototype: (query, examples) => cosine(query, meanOf(examples)),
  // Mensink et al. 2013: 1 - d^2 / 2.
  'nearest-mean': (query, examples) => {
    const away = meanOf(examples).map((value, d) => value - query[d]!);
    return 1 - dot(away, away) / 2;
  },
};

/**
 * Each example of one class: its margin over the nearest other class when the class is made of its
 * other examples, and the name of that class.
 */
export function leftOut(
  head: string,
  own: Class,
  others: Class[],
): { margin: number; nearest: string }[] {
  const similarity = SIMILARITY[head]!;
  return own.examples.map((query, i) => {
    const rest = own.examples.filter((_, k) => k !== i);
    const ranked = others
      .map(({ name, examples }) => ({ name, score: similarity(query, examples) }))
      .sort((a, b) => b.score - a.score);
    return { margin: similarity(query, rest) - ranked[0]!.score, nearest: ranked[0]!.name };
  });
}
