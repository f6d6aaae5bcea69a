import { and, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import { canaries, embeddings, revisions, versions } from '../db/schema.ts';
import type { Env } from '../env.ts';
import { openDb, type Db } from './projects.ts';
import { readSettings } from './settings.ts';
import { getVersion } from './versions.ts';

/** What decides which versions' weights are kept. */
export type Holding = {
  /** Numbers of those whose weights are there. */
  present: readonly number[];
  /** What was live, newest first, each as often as it was made live. */
  promotions: readonly number[];
  canary: number | null;
  /** What an open round, or the next one, starts from. */
  bases: readonly number[];
  /** How many of the newest are kept, and of those that were live last. */
  keep: number;
};

/** The versions whose weights may be let go, oldest first. */
export function toLetGo({ present, promotions, canary, bases, keep }: Holding): number[] {
  const newest = present.toSorted((a, b) => b - a).slice(0, keep);
  const live = [...new Set(promotions)].slice(0, keep);
  const kept = new Set([...newest, ...live, ...bases, canary]);
  return present.filter((number) => !kept.has(number)).sort((a, b) => a - b);
}

/** Keys that R2 deletes at once, at most. */
const KEYS = 1000;

/** Where the hashes that are to go are written down before anything is marked. */
const LEAVING = 'leaving';

/**
 * Lets the weights and embeddings of old versions go. Safe to repeat at any point: what is to be deleted
 * is written down, then the versions are marked, then the objects are deleted that nobody else names.
 * @param pending hashes of imports that are no versions yet
 */
export async function retire(
  env: Env,
  storage: DurableObjectStorage,
  project: string,
  pending: readonly string[],
): Promise<void> {
  const db = openDb(env.DB);
  const coordinator = env.COORDINATOR.getByName(project);
  const [{ keepVersions: keep }, held] = [
    await readSettings(db, project),
    await coordinator.held(),
  ];
  const numbers = toLetGo({ ...(await holding(db, project)), bases: held.versions, keep });
  const rows = await Promise.all(numbers.map((number) => getVersion(db, project, number)));
  const gone = new Set(numbers);
  // What aggregation made on the way to them is named by nobody but the round that is over.
  const aggregates = (await coordinator.rounds()).flatMap(({ candidateVersion, aggregate }) =>
    aggregate !== null && candidateVersion !== null && gone.has(candidateVersion)
      ? [aggregate]
      : [],
  );
  const before = (await storage.get<string[]>(LEAVING)) ?? [];
  const leaving = [...new Set([...before, ...rows.map(({ weights }) => weights), ...aggregates])];
  if (leaving.length === 0) return;
  await storage.put(LEAVING, leaving);
  for (const number of numbers) await mark(db, project, number);
  const named = new Set([...pending, ...held.weights, ...(await stillNamed(db, leaving))]);
  const keys = leaving.filter((hash) => !named.has(hash)).map((hash) => `weights/${hash}`);
  for (let from = 0; from < keys.length; from += KEYS)
    await env.BLOBS.delete(keys.slice(from, from + KEYS));
  await storage.delete(LEAVING);
}

async function holding(db: Db, project: string) {
  const [present, promotions, [canary]] = await db.batch([
    db
      .select({ number: versions.number })
      .from(versions)
      .where(and(eq(versions.project, project), isNull(versions.expiredAt))),
    db
      .select({ version: revisions.version })
      .from(revisions)
      .where(and(eq(revisions.project, project), inArray(revisions.act, ['promote', 'rollback'])))
      .orderBy(desc(revisions.revision)),
    db.select({ version: canaries.version }).from(canaries).where(eq(canaries.project, project)),
  ]);
  return {
    present: present.map(({ number }) => number),
    promotions: promotions.map(({ version }) => version),
    canary: canary?.version ?? null,
  };
}

/** In one transaction, and only while the version is neither live nor canary: either may have come just now. */
async function mark(db: Db, project: string, number: number): Promise<void> {
  const isMarked = sql`exists (
    select 1 from versions
    where versions.project = ${project} and number = ${number} and expired_at is not null)`;
  await db.batch([
    db
      .update(versions)
      .set({ expiredAt: Date.now() })
      .where(
        and(
          eq(versions.project, project),
          eq(versions.number, number),
          isNull(versions.expiredAt),
          sql`${number} <> (
            select version from revisions where project = ${project} order by revision desc limit 1)`,
          sql`not exists (
            select 1 from canaries where project = ${project} and version = ${number})`,
        ),
      ),
    db
      .delete(embeddings)
      .where(and(eq(embeddings.project, project), eq(embeddings.version, number), isMarked)),
  ]);
}

/** Of these, the ones that are weights of a version of any project. */
async function stillNamed(db: Db, hashes: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  // D1 takes 100 parameters.
  for (let from = 0; from < hashes.length; from += 90) {
    const rows = await db
      .selectDistinct({ weights: versions.weights })
      .from(versions)
      .where(
        and(inArray(versions.weights, hashes.slice(from, from + 90)), isNull(versions.expiredAt)),
      );
    found.push(...rows.map(({ weights }) => weights));
  }
  return found;
}
