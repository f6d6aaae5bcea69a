import { waitUntil } from 'cloudflare:workers';
import { getWeights } from '../registry/blobs.ts';
import { recipeFor, type Db, type Live, type ProjectRow } from '../registry/projects.ts';
import { loadTf } from '../tf.ts';
import type { Classifier } from './classify.ts';
import { createEncoder, type Encoder } from './encoder.ts';
import { firstClassifier, nextClassifier } from './load.ts';
import { Recent } from './recent.ts';

/**
 * Kept in an isolate, at most: a model of 130 k parameters takes about a megabyte, 10,000 classes of
 * 64 numbers six.
 */
const KEEP = 8;

/** The newest classifier of a version that was asked for, and the one that is being made of it. */
type Held = { newest: Classifier; next?: Promise<void> | undefined };

const encoders = new Recent<Encoder>({
  keep: KEEP,
  graceMs: 60_000,
  dispose: (one) => one.dispose(),
});
const classifiers = new Recent<Held>({ keep: KEEP, graceMs: 0, dispose: () => undefined });

/** The encoder of a version, by its weights' hash: immutable, so never out of date. */
export function encoderOf(
  bucket: R2Bucket,
  project: ProjectRow,
  { weights }: Live,
): Promise<Encoder> {
  return encoders.get(`${project.id} ${weights}`, () =>
    outliving(async () => {
      const [tf, flat] = await Promise.all([loadTf(), getWeights(bucket, weights)]);
      return createEncoder(tf, recipeFor(project).model, flat);
    }),
  );
}

/**
 * The classes of a revision under its version, or of a later one: what was live when it was asked for
 * may have been followed by another. Every revision is made from the one before it.
 */
export async function classifierOf(
  { db, bucket }: { db: Db; bucket: R2Bucket },
  project: ProjectRow,
  live: Live,
): Promise<Classifier> {
  const sources = { db, bucket, encoder: () => encoderOf(bucket, project, live) };
  const held = await classifiers.get(`${project.id} ${live.version}`, () =>
    outliving(async () => ({ newest: await firstClassifier(sources, project, live) })),
  );
  while (held.newest.revision < live.revision) {
    held.next ??= outliving(async () => {
      held.newest = await nextClassifier(sources, project, live, held.newest);
    }).finally(() => {
      held.next = undefined;
    });
    await held.next;
  }
  return held.newest;
}

/** Others may wait for it: it goes on when the request that began it has been given up. */
function outliving<T>(make: () => Promise<T>): Promise<T> {
  const made = make();
  waitUntil(made.catch(() => undefined));
  return made;
}
