import { and, eq, gt, isNull, lte, or } from 'drizzle-orm';
import type { Prototypes } from '../../shared/fewshot/prototype.ts';
import { classes, prototypes } from '../db/schema.ts';
import { getWeights } from '../registry/blobs.ts';
import { recipeFor, type Db, type Live, type ProjectRow } from '../registry/projects.ts';
import { getVersion } from '../registry/versions.ts';
import { loadTf } from '../tf.ts';
import type { Classifier } from './classify.ts';
import { createEncoder, type Encoder } from './encoder.ts';
import { Recent } from './recent.ts';

/** Kept in an isolate, at most: a model of 130 k parameters takes about a megabyte. */
const KEEP = 8;

const encoders = new Recent<Encoder>({
  keep: KEEP,
  graceMs: 60_000,
  dispose: (one) => one.dispose(),
});
const classifiers = new Recent<Classifier>({ keep: KEEP, graceMs: 0, dispose: () => undefined });

/** The encoder of a version, by its weights' hash: immutable, so never out of date. */
export function encoderOf(
  bucket: R2Bucket,
  project: ProjectRow,
  { weights }: Live,
): Promise<Encoder> {
  return encoders.get(`${project.id} ${weights}`, async () => {
    const [tf, flat] = await Promise.all([loadTf(), getWeights(bucket, weights)]);
    return createEncoder(tf, recipeFor(project).model, flat);
  });
}

/** The classes of a revision under its version: immutable too, since every change is a new revision. */
export function classifierOf(db: Db, project: ProjectRow, live: Live): Promise<Classifier> {
  return classifiers.get(`${project.id} ${live.revision}`, async () => {
    const version = await getVersion(db, project.id, live.version);
    const rows = await db
      .select({
        name: classes.name,
        kind: classes.kind,
        sum: prototypes.sum,
        count: prototypes.count,
      })
      .from(classes)
      .innerJoin(
        prototypes,
        and(eq(prototypes.class, classes.id), eq(prototypes.version, live.version)),
      )
      // As of this revision: another change may have come since `live` was read.
      .where(
        and(
          eq(classes.project, project.id),
          lte(classes.addedIn, live.revision),
          or(isNull(classes.removedIn), gt(classes.removedIn, live.revision)),
        ),
      )
      .orderBy(classes.addedIn);
    // The classifier's outputs are in the order of the project's list.
    const place = new Map(project.classes.map((name, i) => [name, i]));
    const rank = (row: { name: string; kind: string }) =>
      row.kind === 'base' ? (place.get(row.name) as number) : project.classes.length;
    rows.sort((a, b) => rank(a) - rank(b));
    return {
      ...{ version: live.version, revision: live.revision, calibration: version.calibration },
      names: rows.map(({ name }) => name),
      base: project.classes.length,
      prototypes: stack(rows, recipeFor(project).model.features),
    };
  });
}

function stack(rows: { sum: Uint8Array; count: number }[], dim: number): Prototypes {
  const sums = new Float32Array(rows.length * dim);
  rows.forEach(({ sum }, i) => sums.set(new Float32Array(Uint8Array.from(sum).buffer), i * dim));
  return { sums, dim, ways: rows.length, counts: Float32Array.from(rows, ({ count }) => count) };
}
