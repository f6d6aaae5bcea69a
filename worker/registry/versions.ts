import { and, desc, eq, max } from 'drizzle-orm';
import { Problem } from '../../shared/api/problem.ts';
import type { Version } from '../../shared/api/schemas.ts';
import type { Encoder } from '../classify/encoder.ts';
import { revisions, versions } from '../db/schema.ts';
import { changeLive } from './change.ts';
import { findLive, type Db } from './projects.ts';
import { embedClasses } from './prototypes.ts';

export type VersionRow = typeof versions.$inferSelect;
export type Candidate = Omit<VersionRow, 'number' | 'createdAt'>;

/** @throws Problem 701 */
export async function getVersion(db: Db, project: string, number: number): Promise<VersionRow> {
  const row = await db.query.versions.findFirst({
    where: and(eq(versions.project, project), eq(versions.number, number)),
  });
  if (!row) throw new Problem(701, `"${project}" has no version ${number}`);
  return row;
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
  return rows.map(
    ({ number, weights, parent, round, validationAccuracy, serverLoss, createdAt }) => {
      const state =
        number === live?.version ? 'live' : served.has(number) ? 'retired' : 'not-promoted';
      return { number, state, weights, parent, round, validationAccuracy, serverLoss, createdAt };
    },
  );
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
  const [top] = await db
    .select({ number: max(versions.number) })
    .from(versions)
    .where(eq(versions.project, candidate.project));
  const row = { ...candidate, number: (top?.number ?? 0) + 1, createdAt: Date.now() };
  await db.insert(versions).values(row);
  return row;
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
 * Makes a version live, atomically with its classes' prototypes. Already live: nothing changes.
 * @throws Superseded when another version than `over` is live; Problem 705 when other changes kept
 *   coming first.
 */
export async function makeLive(move: Move, { project, number }: VersionRow): Promise<void> {
  const { db, bucket, encoder, act, over } = move;
  if ((await findLive(db, project))?.version === number) return;
  await changeLive(db, {
    ...{ project, act, subject: `version ${number}` },
    async prepare(live) {
      if (over !== undefined && (live?.version ?? 0) !== over)
        throw new Superseded(`version ${live?.version} is live, not ${over}`);
      await embedClasses({ db, bucket }, project, number, encoder);
      return { version: number, statements: [] };
    },
  });
}
