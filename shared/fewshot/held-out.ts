import { bankOf, scoresOf } from './bank.ts';
import { scoresAlone, type FewShotHead, type Support } from './contract.ts';
import { joinSupports, supportsOf, withoutExample } from './supports.ts';

/**
 * Similarities of labelled images to all their classes, an image's own class fitted without the image
 * itself: how a class made of others will see it. A head that does not score a class alone would have to
 * learn all of them anew for every image; it is asked with none of these images among its examples.
 * @param seed each class's support that is no part of `rows`  @param rows [n, dim] unit embeddings
 * @param labels n true classes  @returns [n, ways]
 * @throws when an image is all that its class has
 */
export function heldOutScores(
  head: FewShotHead,
  seed: readonly Support[],
  rows: Float32Array,
  labels: ArrayLike<number>,
  dim: number,
): Float32Array {
  if (!scoresAlone(head)) return scoresOf(bankOf(head, seed, dim), rows);
  const ways = seed.length;
  const own = supportsOf(rows, labels, ways, dim);
  const joined = seed.map((support, way) => joinSupports(support, own[way]!));
  const scores = scoresOf(bankOf(head, joined, dim), rows);
  const seen = new Int32Array(ways);
  for (let i = 0; i < labels.length; i++) {
    const way = labels[i]!;
    const rest = withoutExample(joined[way]!, seed[way]!.count + seen[way]!++);
    const image = rows.subarray(i * dim, (i + 1) * dim);
    scores[i * ways + way] = scoresOf(bankOf(head, [rest], dim), image)[0]!;
  }
  return scores;
}
