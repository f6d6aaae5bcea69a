import { and, desc, eq, isNull, lt, notInArray, sql } from 'drizzle-orm';
import { Problem } from '../../shared/api/problem.ts';
import type { Revisions, Undone } from '../../shared/api/schemas/revisions.ts';
import { classes, revisions } from '../db/schema.ts';
import { changeLive } from './change.ts';
import { type ClassTools } from './classes.ts';
import { embedRemovedIn } from './embeddings.ts';
import { mustBeLive, type Db } from './projects.ts';

type RevisionRow = typeof revisions.$inferSelect;

/**
 * Changes of what is live, newest first: at most `limit`, older than `before`. One of them can be
 * undone: the newest that changed classes, an undoing too.
 */
export async function listRevisions(
  db: Db,
  project: string,
  { before, limit }: { before: number; limit: number },
): Promise<Revisions> {
  const [rows, [last]] = await db.batch([
    db
      .select()
      .from(revisions)
      .where(and(eq(revisions.project, project), lt(revisions.revision, before)))
      .orderBy(desc(revisions.revision))
      .limit(limit + 1),
    newestClassChange(db, project),
  ]);
  const page = rows.slice(0, limit).map(({ revision, version, act, subject, at }) => ({
    ...{ revision, version, act, subject, at, undoable: revision === last?.revision },
  }));
  return { revisions: page, next: rows.length > limit ? page.at(-1)!.revision : null };
}

/**
 * Takes the last change of classes back, as a revision of its own: undone twice, it is there again.
 * A version that was promoted since stays; what comes back is embedded under it first.
 * @param expected the revision that the caller means  @throws Problem 609, 612, 702, 705.
 */
export async function undo(
  { db, bucket, project, encoderOf }: ClassTools,
  expected: number | undefined,
): Promise<Undone> {
  let undone: RevisionRow | undefined;
  const change = await changeLive(db, {
    ...{ project: project.id, act: 'undo', subject: 'the last change of classes' },
    async prepare(found, revision) {
      const live = mustBeLive(project.id, found);
      [undone] = await newestClassChange(db, project.id);
      if (!undone) throw new Problem(609, `no class of "${project.id}" was changed yet`);
      if (expected !== undefined && expected !== undone.revision)
        throw new Problem(
          612,
          `revision ${undone.revision} (${undone.act} ${undone.subject}) came after ${expected}`,
        );
      const place = { project: project.id, version: live.version, revision: undone.revision };
      await embedRemovedIn({ db, bucket }, place, () => encoderOf(live));
      return {
        version: live.version,
        subject: `revision ${undone.revision}`,
        statements: [
          // What it brought goes first: what it took away may have had the same name.
          db
            .update(classes)
            .set({ removedIn: revision })
            .where(
              and(
                eq(classes.project, project.id),
                eq(classes.addedIn, undone.revision),
                isNull(classes.removedIn),
              ),
            ),
          revive(db, project.id, undone.revision, revision),
        ],
      };
    },
  });
  const { revision, act, subject } = undone!;
  return { ...change, undone: { revision, act, subject } };
}

/** A statement: the classes that one revision ended are there again from another on, in their order. */
function revive(db: Db, project: string, ended: number, revision: number) {
  const { name, kind, support, examples } = classes;
  const again = db
    .select({
      id: sql<string>`lower(hex(randomblob(16)))`.as('id'),
      ...{ project: classes.project, name, kind, support, examples },
      addedIn: sql<number>`${revision}`.as('added_in'),
      removedIn: sql<null>`null`.as('removed_in'),
    })
    .from(classes)
    .where(and(eq(classes.project, project), eq(classes.removedIn, ended)))
    .orderBy(sql`classes.added_in`, sql`classes.rowid`);
  return db.insert(classes).select(again);
}

function newestClassChange(db: Db, project: string) {
  return db
    .select()
    .from(revisions)
    .where(and(eq(revisions.project, project), notInArray(revisions.act, ['promote', 'rollback'])))
    .orderBy(desc(revisions.revision))
    .limit(1);
}
