import { and, eq, type SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import { Problem } from '../../shared/api/problem.ts';
import { revisions } from '../db/schema.ts';
import { announce } from '../rounds/persist.ts';
import { countAlive, namedClasses, type ClassRow } from './classes.ts';
import { selectLive, type Db, type Live } from './projects.ts';

type Act = (typeof revisions.$inferInsert)['act'];

/**
 * What a change does to the tables, and the version that is live after it. `subject`: what it was
 * done to, where only the state says that.
 */
export type Change = { version: number; statements: BatchItem<'sqlite'>[]; subject?: string };

/** What is there before a change, read together with what is live. */
export type Found = {
  /** The living classes of the names that the change is about. */
  named: Map<string, ClassRow>;
  /** Living classes in all. */
  alive: number;
};

export type ChangeRequest = {
  project: string;
  act: Act;
  subject: string;
  /** Classes that it is about, by name. */
  names?: readonly string[];
  /**
   * Works the change out from what is live. Runs again from the new state when another change came
   * first, so it must not touch what is live itself.
   */
  prepare: (live: Live | null, revision: number, found: Found) => Promise<Change>;
};

const TRIES = 6;

/**
 * Changes what requests are answered with, all at once or not at all: the new revision and the
 * statements are one transaction, and two changes that start from one revision collide on its key.
 * @returns the new revision and version. @throws Problem 705 when others kept coming first.
 */
export async function changeLive(
  db: Db,
  request: ChangeRequest,
): Promise<{ revision: number; version: number }> {
  const { project, act, subject, names = [], prepare } = request;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const [[live = null], rows, [count]] = await db.batch([
      selectLive(db, project),
      namedClasses(db, project, names),
      countAlive(db, project),
    ]);
    const revision = (live?.revision ?? 0) + 1;
    const named = new Map(rows.map((row) => [row.name, row]));
    const found = { named, alive: count?.alive ?? 0 };
    const change = await prepare(live, revision, found);
    const { version, statements } = change;
    const row = { project, revision, version, act, subject: change.subject ?? subject };
    const first = db.insert(revisions).values({ ...row, at: Date.now() });
    announce(`revision ${act}`);
    try {
      await db.batch([first, ...statements]);
      return { revision, version };
    } catch (error) {
      if (!isTaken(error, 'revisions.')) throw error;
    }
  }
  throw new Problem(705, `${act} ${subject}: other changes came first ${TRIES} times`);
}

/**
 * A statement that keeps a change from happening while something holds, as of the moment when it would:
 * it writes the revision a second time, so the change starts over as when another came first.
 * @param holds a condition on its own: `exists (select ...)`
 */
export function refuseWhile(
  db: Db,
  project: string,
  revision: number,
  holds: SQL,
): BatchItem<'sqlite'> {
  const isThis = and(eq(revisions.project, project), eq(revisions.revision, revision));
  return db.insert(revisions).select(db.select().from(revisions).where(and(isThis, holds)));
}

/** Whether a statement failed because its key was there already. drizzle wraps D1's message in a cause. */
export function isTaken(error: unknown, key: string): boolean {
  for (let e = error; e instanceof Error; e = e.cause)
    if (e.message.includes('UNIQUE constraint failed') && e.message.includes(key)) return true;
  return false;
}
