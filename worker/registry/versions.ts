import { and, desc, eq, sql } from 'drizzle-orm';
import { Problem } from '../../shared/api/problem.ts';
import type { Version } from '../../shared/api/schemas/versions.ts';
import type { Encoder } from '../classify/encoder.ts';
import { canaries, revisions, versions } from '../db/schema.ts';
import { announce } from '../rounds/persist.ts';
import { changeLive, refuseWhile } from './change.ts';
import { findLive, type Db, type Live } from './projects.ts';
import { embedMissing, refuseUnembedded } from './embeddings.ts';

export type VersionRow = typeof versions.$inferSelect;
export type Candidate = Omit<VersionRow, 'number' | 'createdAt' | 'origin' | 'expiredAt'>;

/** @throws Problem 701 */
export async function getVersion(db: Db, project: string, number: number): Promise<VersionRow> {
  const row = await db.query.versions.findFirst({
    where: and(eq(versions.project, project), eq(versions.number, number)),
  });
  if (!row) throw new Problem(701, `"${project}" has no version ${number}`);
  return row;
}

/** A version whose weights are there. @throws Problem 701, 711 */
export async function getAvailable(db: Db, project: string, number: number): Promise<VersionRow> {
  const row = await getVersion(db, project, number);
  if (row.expiredAt !== null)
    throw new Problem(711, `those of version ${number} were let go on ${day(row.expiredAt)}`);
  return row;
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** The version that a round made, where it got that far: a repeated server step finds it here. */
export function versionOfRound(
  db: Db,
  project: string,
  round: number,
): Promise<VersionRow | undefined> {
  return db.query.versions.findFirst({
    where: and(eq(versions.project, project), eq(versions.round, round)),
  });
}

export async function listVersions(db: Db, project: string): Promise<Version[]> {
  const [live, served, rows] = await Promise.all([
    findLive(db, project),
    servedVersions(db, project),
    db.select().from(versions).where(eq(versions.project, project)).orderBy(desc(versions.number)),
  ]);
  return rows.map((row) => toVersion(row, live, served));
}

/** @param served the versions that were live at some time */
export function toVersion(
  row: VersionRow,
  live: Pick<Live, 'version'> | null,
  served: ReadonlySet<number>,
): Version {
  const { number, weights, parent, round, origin } = row;
  const { validationAccuracy, serverLoss, createdAt, expiredAt } = row;
  const state = number === live?.version ? 'live' : served.has(number) ? 'retired' : 'not-promoted';
  return {
    ...{ number, state, weights, parent, round, origin },
    ...{ validationAccuracy, serverLoss, createdAt, expiredAt },
  };
}

/** The versions that were live at some time: only those may be gone back to. */
export async function servedVersions(db: Db, project: string): Promise<Set<number>> {
  const rows = await db
    .selectDistinct({ version: revisions.version })
    .from(revisions)
    .where(eq(revisions.project, project));
  return new Set(rows.map(({ version }) => version));
}

/** Writes a version down; repeated for the same round, it is the same version. */
export async function recordVersion(db: Db, candidate: Candidate): Promise<VersionRow> {
  const before = await versionOfRound(db, candidate.project, candidate.round);
  if (before) return before;
  const number = nextNumber(candidate.project);
  const values = { ...candidate, number, createdAt: Date.now() };
  announce('version round');
  const [row] = await db.insert(versions).values(values).returning();
  return row as VersionRow;
}

/** Of two that are written down at once each gets its own: it is counted by the statement that inserts. */
export function nextNumber(project: string) {
  return sql<number>`(select coalesce(max(number), 0) + 1 from versions where project = ${project})`;
}

/** What moving to a version needs: its encoder, to embed what it has not embedded yet. */
export type Move = {
  db: Db;
  bucket: R2Bucket;
  encoder: Encoder;
  act: 'promote' | 'rollback';
  /** The version it may take the place of, 0 for none; left out, any. */
  over?: number;
};

/** Another version is live than the one that was to be replaced. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/**
 * Makes a version live, atomically with its classes' prototypes; a canary ends with what it was beside.
 * Already live: nothing changes.
 * @throws Superseded when another version than `over` is live; Problem 705 when other changes kept
 *   coming first, 711 when its weights were let go.
 */
export async function makeLive(move: Move, { project, number }: VersionRow): Promise<void> {
  const { db, bucket, encoder, act, over } = move;
  if ((await findLive(db, project))?.version === number) return;
  await changeLive(db, {
    ...{ project, act, subject: `version ${number}` },
    async prepare(live, revision) {
      if (over !== undefined && (live?.version ?? 0) !== over)
        throw new Superseded(`version ${live?.version} is live, not ${over}`);
      await getAvailable(db, project, number);
      // What was added since the last slice: little, where slices were taken before.
      for await (const _ of embedMissing({ db, bucket }, project, number, encoder));
      return {
        version: number,
        statements: [
          refuseUnembedded(db, project, number, revision),
          refuseExpired(db, project, number, revision),
          db.delete(canaries).where(eq(canaries.project, project)),
        ],
      };
    },
  });
}

/** A statement that keeps a version from going live whose weights were let go meanwhile. */
function refuseExpired(db: Db, project: string, version: number, revision: number) {
  return refuseWhile(
    db,
    project,
    revision,
    sql`exists (
      select 1 from versions
      where versions.project = ${project} and number = ${version} and expired_at is not null)`,
  );
}
