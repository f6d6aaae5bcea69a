import { and, countDistinct, eq, inArray, isNull, max, sql, type SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Support } from '../../shared/fewshot/contract.ts';
import { supportOf } from '../../shared/fewshot/supports.ts';
import { toUnit } from '../../shared/images/image-set.ts';
import { bytesOf } from '../../shared/math/bytes.ts';
import type { Encoder } from '../classify/encoder.ts';
import { classes, embeddings } from '../db/schema.ts';
import { announce } from '../rounds/persist.ts';
import { refuseWhile } from './change.ts';
import { isEmbeddedBy } from './classes.ts';
import type { Db } from './projects.ts';
import { getSupport, joinImages, rowsThatFit, type Images } from './supports.ts';

/** A support that is not embedded under a version yet, and how many images it has. */
export type Missing = { support: string; examples: number };

type Env = { db: Db; bucket: R2Bucket };

/** Images as floats at a time: a whole set's would take four times its bytes. */
const PASS = 32;

/**
 * What is read, embedded and written down together, at most: images, bytes of their embeddings, and
 * supports. A slice of two seconds then stays below the 1000 requests that an invocation may make.
 */
const GROUP_IMAGES = 256;
const GROUP_BYTES = 4_000_000;
const GROUP_SUPPORTS = 64;

/** Rows of one statement: D1 takes 100 parameters, and an embedding has six columns. */
const ROWS = 16;

/**
 * Embeds living classes' supports that a version has not embedded yet, group by group: before that
 * version can go live, for a prototype never meets an embedding of another version. A group is written
 * down before the next one is begun, so it may be torn down at any point and be called again. Ends when
 * nothing is missing, of classes that came meanwhile either.
 * @returns after each group, supports that are `left` of a `total`
 */
export async function* embedMissing(
  env: Env,
  project: string,
  version: number,
  encoder: Encoder,
): AsyncGenerator<{ left: number; total: number }, void> {
  const { db } = env;
  const alive = and(eq(classes.project, project), isNull(classes.removedIn));
  for (;;) {
    const [missing, [all]] = await db.batch([
      missingOf(db, project, version, isNull(classes.removedIn)),
      db
        .select({ total: countDistinct(classes.support) })
        .from(classes)
        .where(alive),
    ]);
    if (missing.length === 0) return;
    let left = missing.length;
    for (const group of groupsOf(missing, encoder.features)) {
      await embedGroup(env, { project, version }, encoder, group);
      left -= group.length;
      yield { left, total: all?.total ?? missing.length };
    }
  }
}

/** The same for the classes that a change brings back. Few: what one change took away. */
export async function embedRemovedIn(
  env: Env,
  place: { project: string; version: number; revision: number },
  encoderOf: () => Promise<Encoder>,
): Promise<void> {
  const { project, version, revision } = place;
  const missing = await missingOf(env.db, project, version, eq(classes.removedIn, revision));
  if (missing.length === 0) return;
  await embedThese(env, { project, version }, await encoderOf(), missing);
}

/** Embeds supports under a version and writes them down, however many there are. */
export async function embedThese(
  env: Env,
  place: { project: string; version: number },
  encoder: Encoder,
  missing: readonly Missing[],
): Promise<void> {
  for (const group of groupsOf(missing, encoder.features))
    await embedGroup(env, place, encoder, group);
}

/** Supports of the project's classes of one kind that have no embedding under the version. */
function missingOf(db: Db, project: string, version: number, which: SQL) {
  return db
    .select({ support: classes.support, examples: max(classes.examples).mapWith(Number) })
    .from(classes)
    .leftJoin(embeddings, isEmbeddedBy(project, version))
    .where(and(eq(classes.project, project), which, isNull(embeddings.support)))
    .groupBy(classes.support);
}

/** As many supports as make a group, one behind the other; a large one is a group of its own. */
function* groupsOf(missing: readonly Missing[], features: number): Generator<Missing[]> {
  const most = Math.min(GROUP_IMAGES, Math.floor(GROUP_BYTES / (4 * features)));
  let [group, images] = [[] as Missing[], 0];
  for (const one of missing) {
    const isFull = images + one.examples > most || group.length === GROUP_SUPPORTS;
    if (group.length > 0 && isFull) {
      yield group;
      [group, images] = [[], 0];
    }
    group.push(one);
    images += one.examples;
  }
  if (group.length > 0) yield group;
}

/** Passes go across the supports' borders: 32 images a pass cost a fraction of one pass a class. */
async function embedGroup(
  { db, bucket }: Env,
  place: { project: string; version: number },
  encoder: Encoder,
  group: Missing[],
): Promise<void> {
  const images = await Promise.all(group.map(({ support }) => getSupport(bucket, support)));
  const embedded = await embedSupports(encoder, images);
  const entries = group.map(({ support }, i) => ({ support, embedded: embedded[i] as Support }));
  const [first, ...rest] = insertEmbeddings(db, place, entries);
  announce('embeddings');
  if (first) await db.batch([first, ...rest]);
}

/** Embeddings of several supports, in passes that go across their borders. */
export async function embedSupports(
  encoder: Encoder,
  supports: readonly Images[],
): Promise<Support[]> {
  const { features } = encoder;
  const { pixels, count } = joinImages(supports);
  const each = pixels.length / count;
  const rows = new Float32Array(count * features);
  for (let from = 0; from < count; from += PASS) {
    const to = Math.min(from + PASS, count);
    const images = toUnit(pixels.subarray(from * each, to * each));
    rows.set((await encoder.infer(images, to - from)).embeddings, from * features);
  }
  let at = 0;
  return supports.map((support) => {
    const end = at + support.count * features;
    const own = rows.subarray(at, end);
    at = end;
    return supportOf(own, features);
  });
}

/** What is stored of supports under a version, by support. */
export async function getEmbedded(
  db: Db,
  place: { project: string; version: number },
  supports: readonly string[],
): Promise<Map<string, Support>> {
  const { project, version } = place;
  const found = await db
    .select()
    .from(embeddings)
    .where(
      and(
        eq(embeddings.project, project),
        eq(embeddings.version, version),
        inArray(embeddings.support, [...supports]),
      ),
    );
  const entries = found.map(({ support, rows, sum, count }) => {
    return [support, { rows: numbersOf(rows), sum: numbersOf(sum), count }] as const;
  });
  const missing = supports.find((support) => !found.some((one) => one.support === support));
  if (missing) throw new Error(`"${project}" ${version} has no embedding of ${missing}`);
  return new Map(entries);
}

/** Statements; the same support under the same version has the same embedding, so the first one stays. */
export function insertEmbeddings(
  db: Db,
  { project, version }: { project: string; version: number },
  entries: readonly { support: string; embedded: Support }[],
): BatchItem<'sqlite'>[] {
  const values = entries.map(({ support, embedded: { rows, sum, count } }) => {
    const kept = rows.subarray(0, rowsThatFit(sum.length) * sum.length);
    return { project, version, support, count, sum: bytesOf(sum), rows: bytesOf(kept) };
  });
  const chunks = Array.from({ length: Math.ceil(values.length / ROWS) }, (_, i) =>
    values.slice(i * ROWS, (i + 1) * ROWS),
  );
  return chunks.map((chunk) => db.insert(embeddings).values(chunk).onConflictDoNothing());
}

/** A statement that keeps a revision from making a version live that lacks a living class's embedding. */
export function refuseUnembedded(
  db: Db,
  project: string,
  version: number,
  revision: number,
): BatchItem<'sqlite'> {
  return refuseWhile(
    db,
    project,
    revision,
    sql`exists (
      select 1 from classes
      where classes.project = ${project} and classes.removed_in is null and not exists (
        select 1 from embeddings
        where embeddings.project = ${project} and embeddings.version = ${version}
          and embeddings.support = classes.support))`,
  );
}

/** A copy: what a database hands over need not begin where floats may. */
export function numbersOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
