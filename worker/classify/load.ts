import { bankOf, changeBank, type Bank } from '../../shared/fewshot/bank.ts';
import type { Prototypes, Support } from '../../shared/fewshot/contract.ts';
import { FEW_SHOT_HEADS } from '../../shared/fewshot/index.ts';
import { classesChanged } from '../registry/classes.ts';
import { embedThese, numbersOf } from '../registry/embeddings.ts';
import { recipeFor, type Db, type Live, type ProjectRow } from '../registry/projects.ts';
import { getVersion } from '../registry/versions.ts';
import type { Classifier } from './classify.ts';
import type { Encoder } from './encoder.ts';

export type Sources = {
  db: Db;
  bucket: R2Bucket;
  /** For classes that the version has not embedded. */
  encoder: () => Promise<Encoder>;
};

/** The classifier of a revision, with all its classes. */
export async function firstClassifier(
  sources: Sources,
  project: ProjectRow,
  live: Live,
): Promise<Classifier> {
  const { calibration } = await getVersion(sources.db, project.id, live.version);
  const head = FEW_SHOT_HEADS[project.plan.head];
  const dim = recipeFor(project).model.features;
  const nothing = { sums: new Float32Array(0), counts: new Float32Array(0), ways: 0, dim };
  return nextClassifier(sources, project, live, {
    ...{ version: live.version, revision: 0, calibration, base: project.classes.length },
    ...{ names: [], ids: [], supports: [], prototypes: nothing, bank: bankOf(head, [], dim) },
  });
}

/** The classifier of a later revision of the same version: only what changed in between is read and fitted. */
export async function nextClassifier(
  sources: Sources,
  project: ProjectRow,
  { version, revision }: Live,
  before: Classifier,
): Promise<Classifier> {
  const place = { project: project.id, version };
  const between = { after: before.revision, upTo: revision };
  const { gone, came } = await changesOf(sources, place, between, before.bank.head.reads);
  // The classifier's outputs are in the order of the project's list; whatever came later stands behind.
  const rank = new Map(project.classes.map((name, i) => [name, i]));
  const rankOf = (row: Came) => (row.kind === 'base' ? rank.get(row.name)! : rank.size);
  came.sort((a, b) => rankOf(a) - rankOf(b));
  const left = new Set(gone);
  const kept = [...before.ids.keys()].filter((i) => !left.has(before.ids[i]!));
  const join = (old: readonly string[], part: 'id' | 'name' | 'support') => [
    ...kept.map((i) => old[i]!),
    ...came.map((row) => row[part]),
  ];
  return {
    ...before,
    revision,
    names: join(before.names, 'name'),
    ids: join(before.ids, 'id'),
    supports: join(before.supports, 'support'),
    bank: changeBank(before.bank, kept, came),
    prototypes: changePrototypes(before.prototypes, kept, came),
  };
}

type Came = Support & { id: string; name: string; kind: 'base' | 'novel'; support: string };

/**
 * A database from before embeddings were kept has none of its classes: they are embedded here, once,
 * for a class that is silently left out would be a wrong answer.
 */
async function changesOf(
  { db, bucket, encoder }: Sources,
  place: { project: string; version: number },
  between: { after: number; upTo: number },
  reads: Bank['head']['reads'],
): Promise<{ gone: string[]; came: Came[] }> {
  const read = () => classesChanged(db, place.project, place.version, between, reads);
  let changes = await read();
  const missing = changes.came.filter(({ count }) => count === null);
  if (missing.length > 0) {
    await embedThese({ db, bucket }, place, await encoder(), missing);
    changes = await read();
  }
  const came = changes.came.map(({ sum, count, rows, ...row }) => {
    if (count === null)
      throw new Error(`"${place.project}" ${place.version} has no embedding of ${row.support}`);
    const all = rows === null ? new Float32Array(0) : numbersOf(rows);
    return { ...row, count, sum: numbersOf(sum), rows: all };
  });
  return { gone: changes.gone, came };
}

function changePrototypes(
  { sums, counts, dim }: Prototypes,
  kept: readonly number[],
  came: readonly Support[],
): Prototypes {
  const ways = kept.length + came.length;
  const next = { sums: new Float32Array(ways * dim), counts: new Float32Array(ways), ways, dim };
  kept.forEach((from, i) => {
    next.sums.set(sums.subarray(from * dim, (from + 1) * dim), i * dim);
    next.counts[i] = counts[from]!;
  });
  came.forEach(({ sum, count }, i) => {
    next.sums.set(sum, (kept.length + i) * dim);
    next.counts[kept.length + i] = count;
  });
  return next;
}
