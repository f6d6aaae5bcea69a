import type { Verdict } from '../../shared/api/schemas/answers.ts';
import { largest } from '../../shared/math/largest.ts';
import { getEmbedded } from '../registry/embeddings.ts';
import type { Db } from '../registry/projects.ts';
import type { Classifier } from './classify.ts';

/** Supports of one query: D1 takes 100 parameters. */
const CHUNK = 90;

/**
 * Explains verdicts by the examples that the images are most like, among those of the classes that each
 * verdict names; of a class with very many, among those whose embeddings are kept one by one.
 * @param embeddings [verdicts, features], rows of unit length  @param most examples a verdict
 */
export async function explain(
  db: Db,
  project: string,
  { version, names, supports, bank: { dim } }: Classifier,
  { verdicts, embeddings }: { verdicts: readonly Verdict[]; embeddings: Float32Array },
  most: number,
): Promise<Verdict[]> {
  const supportOf = new Map(names.map((name, i) => [name, supports[i] as string]));
  const named = verdicts.flatMap(({ classes }) => classes.map(({ name }) => supportOf.get(name)!));
  const rows = await rowsOf(db, { project, version }, [...new Set(named)]);
  return verdicts.map((verdict, i) => {
    const image = embeddings.subarray(i * dim, (i + 1) * dim);
    const found = verdict.classes.flatMap(({ name }) =>
      similar(image, rows.get(supportOf.get(name)!)!).map((similarity, example) => {
        return { name, example, similarity };
      }),
    );
    const order = largest(
      found.map(({ similarity }) => similarity),
      most,
    );
    return { ...verdict, nearest: order.map((place) => found[place]!) };
  });
}

async function rowsOf(
  db: Db,
  place: { project: string; version: number },
  supports: readonly string[],
): Promise<Map<string, Float32Array>> {
  const found = new Map<string, Float32Array>();
  for (let from = 0; from < supports.length; from += CHUNK) {
    const embedded = await getEmbedded(db, place, supports.slice(from, from + CHUNK));
    for (const [support, { rows }] of embedded) found.set(support, rows);
  }
  return found;
}

/** An image's cosine to each of a class's examples, in their order. */
function similar(image: Float32Array, rows: Float32Array): number[] {
  const cosines: number[] = [];
  for (let at = 0; at < rows.length; at += image.length)
    cosines.push(image.reduce((sum, value, d) => sum + value * rows[at + d]!, 0));
  return cosines;
}
