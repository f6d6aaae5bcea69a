import { and, eq, isNull, sql } from 'drizzle-orm';
import { prototype, type Prototypes } from '../../shared/fewshot/prototype.ts';
import { toUnit, unpackImages } from '../../shared/images/image-set.ts';
import type { Encoder } from '../classify/encoder.ts';
import { classes, prototypes } from '../db/schema.ts';
import { getBlob } from './blobs.ts';
import type { Db } from './projects.ts';

export type ClassRow = typeof classes.$inferSelect;

/** The classes that requests are answered with now, in the order in which they came. */
export function aliveClasses(db: Db, project: string): Promise<ClassRow[]> {
  return db
    .select()
    .from(classes)
    .where(and(eq(classes.project, project), isNull(classes.removedIn)))
    .orderBy(classes.addedIn, sql`rowid`);
}

/**
 * Sees to it that every living class has its prototype under a version, before that version can go
 * live: a prototype never meets an embedding of another version. What is there is kept.
 */
export async function embedClasses(
  env: { db: Db; bucket: R2Bucket },
  project: string,
  version: number,
  encoder: Encoder,
): Promise<void> {
  const { db, bucket } = env;
  const done = await db
    .select({ id: prototypes.class })
    .from(prototypes)
    .innerJoin(classes, eq(classes.id, prototypes.class))
    .where(and(eq(classes.project, project), eq(prototypes.version, version)));
  const known = new Set(done.map(({ id }) => id));
  for (const { id, support } of await aliveClasses(db, project)) {
    if (known.has(id)) continue;
    const images = unpackImages(await getBlob(bucket, 'images', support));
    const fit = await fitClass(encoder, toUnit(images.pixels), images.count);
    await db
      .insert(prototypes)
      .values(rowOf(id, version, fit))
      .onConflictDoNothing();
  }
}

/** The prototype of one class's support images. */
export async function fitClass(
  encoder: Encoder,
  images: Float32Array,
  count: number,
): Promise<Prototypes> {
  const { embeddings } = await encoder.infer(images, count);
  return prototype.fit(embeddings, new Uint8Array(count), 1, encoder.features);
}

export function rowOf(
  id: string,
  version: number,
  { sums, counts }: Prototypes,
): typeof prototypes.$inferInsert {
  const sum = new Uint8Array(sums.buffer, sums.byteOffset, sums.byteLength);
  return { class: id, version, sum, count: counts[0] as number };
}
