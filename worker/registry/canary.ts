import { and, eq, sql } from 'drizzle-orm';
import { Problem } from '../../shared/api/problem.ts';
import type { Canary } from '../../shared/api/schemas/versions.ts';
import { Remembered } from '../access/remembered.ts';
import { canaries, versions } from '../db/schema.ts';
import type { Env } from '../env.ts';
import { quantile } from '../observe/buckets.ts';
import type { Reading } from '../observe/counters.ts';
import { findLive, type Db } from './projects.ts';

type CanaryRow = typeof canaries.$inferSelect & { weights: string };

/** How long an isolate goes by the canary that it has read: one that was ended answers so long at most. */
export const CANARY_MS = 1000;

/** Null: there is none, which is remembered as well. */
const known = new Remembered<CanaryRow | null>(CANARY_MS);

/** At most `CANARY_MS` old. */
export function recentCanary(db: Db, project: string): Promise<CanaryRow | null> {
  return known.get(project, () => findCanary(db, project));
}

async function findCanary(db: Db, project: string): Promise<CanaryRow | null> {
  const { version, share, startedAt } = canaries;
  const [row] = await db
    .select({ project: canaries.project, version, share, startedAt, weights: versions.weights })
    .from(canaries)
    .innerJoin(versions, and(eq(versions.project, project), eq(versions.number, version)))
    .where(eq(canaries.project, project));
  return row ?? null;
}

/**
 * Lets a version that has embedded everything answer a share. Another share of the same version goes
 * on counting. @throws Problem 713
 */
export async function beginCanary(
  db: Db,
  project: string,
  { version, share }: { version: number; share: number },
): Promise<void> {
  if ((await findLive(db, project))?.version === version)
    throw new Problem(713, `version ${version} is live`);
  await db
    .insert(canaries)
    .values({ project, version, share, startedAt: Date.now() })
    .onConflictDoUpdate({
      target: canaries.project,
      set: {
        ...{ version, share },
        startedAt: sql`case when canaries.version = ${version} then canaries.started_at else excluded.started_at end`,
      },
    });
  known.forget(project);
}

/** What it has come to, and that is the end of it. @throws Problem 712 */
export async function endCanary(env: Env, db: Db, project: string): Promise<Canary> {
  const canary = await readCanary(env, db, project);
  if (!canary)
    throw new Problem(712, `"${project}" has none; one ends when another version goes live`);
  await db.delete(canaries).where(eq(canaries.project, project));
  known.forget(project);
  return canary;
}

/** How the project's canary fares. @returns null where there is none */
export async function readCanary(env: Env, db: Db, project: string): Promise<Canary | null> {
  const row = await findCanary(db, project);
  if (!row) return null;
  const prefix = prefixOf(row);
  const { counts, observed } = await env.COUNTERS.getByName(project).read(prefix);
  const count = (name: string) => counts[prefix + name] ?? 0;
  const [compared, agreed] = [count('compared'), count('agreed')];
  return {
    ...{ version: row.version, share: row.share, startedAt: row.startedAt },
    ...{ answered: count('answered'), compared },
    agreement: compared > 0 ? agreed / compared : null,
    latency: {
      canary: latencyOf(observed[`${prefix}canary-ms`]),
      live: latencyOf(observed[`${prefix}live-ms`]),
    },
  };
}

/** Names of a canary's counters begin with it: those of one do not go on in the next. */
export function prefixOf({ version, startedAt }: Pick<CanaryRow, 'version' | 'startedAt'>): string {
  return `canary ${version} ${startedAt} `;
}

function latencyOf(observed: Reading['observed'][string] | undefined): Canary['latency']['live'] {
  if (!observed) return { count: 0, mean: null, p50: null, p95: null };
  const { buckets, sum } = observed;
  const count = buckets.reduce((a, b) => a + b, 0);
  return { count, mean: sum / count, p50: quantile(buckets, 0.5), p95: quantile(buckets, 0.95) };
}
