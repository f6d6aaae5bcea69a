import type { BatchItem } from 'drizzle-orm/batch';
import { Problem } from '../../shared/api/problem.ts';
import { revisions } from '../db/schema.ts';
import { findLive, type Db, type Live } from './projects.ts';

type Act = (typeof revisions.$inferInsert)['act'];

/** What a change does to the tables, and the version that is live after it. */
export type Change = { version: number; statements: BatchItem<'sqlite'>[] };

export type ChangeRequest = {
  project: string;
  act: Act;
  subject: string;
  /**
   * Works the change out from what is live. Runs again from the new state when another change came
   * first, so it must not touch what is live itself.
   */
  prepare: (live: Live | null, revision: number) => Promise<Change>;
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
  const { project, act, subject, prepare } = request;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const live = await findLive(db, project);
    const revision = (live?.revision ?? 0) + 1;
    const { version, statements } = await prepare(live, revision);
    const first = db
      .insert(revisions)
      .values({ project, revision, version, act, subject, at: Date.now() });
    try {
      await db.batch([first, ...statements]);
      return { revision, version };
    } catch (error) {
      if (!isTaken(error, 'revisions.')) throw error;
    }
  }
  throw new Problem(705, `${act} ${subject}: other changes came first ${TRIES} times`);
}

/** Whether a statement failed because its key was there already. drizzle wraps D1's message in a cause. */
export function isTaken(error: unknown, key: string): boolean {
  for (let e = error; e instanceof Error; e = e.cause)
    if (e.message.includes('UNIQUE constraint failed') && e.message.includes(key)) return true;
  return false;
}
