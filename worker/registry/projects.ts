import { and, desc, eq } from 'drizzle-orm';
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1';
import { recipeOf, type Recipe } from '../../shared/api/plan.ts';
import { Problem } from '../../shared/api/problem.ts';
import type { Project } from '../../shared/api/schemas.ts';
import * as schema from '../db/schema.ts';

export type Db = DrizzleD1Database<typeof schema>;
export type ProjectRow = typeof schema.projects.$inferSelect;
/** What a request is answered with now: the newest revision, and the weights of its version. */
export type Live = { version: number; revision: number; weights: string };

export function openDb(d1: D1Database): Db {
  return drizzle(d1, { schema });
}

/** A project's row never changes once it is written, so an isolate reads it once. */
const known = new Map<string, ProjectRow>();
const KEEP = 1000;

/** @throws Problem 301 */
export async function getProject(db: Db, id: string): Promise<ProjectRow> {
  const before = known.get(id);
  if (before) return before;
  const row = await db.query.projects.findFirst({ where: eq(schema.projects.id, id) });
  if (!row) throw new Problem(301, `there is no project "${id}"`);
  if (known.size >= KEEP) known.clear();
  known.set(id, row);
  return row;
}

/** A stored plan was checked when the project was created; it is put together anew here. */
export function recipeFor(row: ProjectRow): Recipe {
  return recipeOf(row.plan, row.classes.length);
}

export async function findLive(db: Db, project: string): Promise<Live | null> {
  const { revisions, versions } = schema;
  const [row] = await db
    .select({ version: revisions.version, revision: revisions.revision, weights: versions.weights })
    .from(revisions)
    .innerJoin(
      versions,
      and(eq(versions.project, revisions.project), eq(versions.number, revisions.version)),
    )
    .where(eq(revisions.project, project))
    .orderBy(desc(revisions.revision))
    .limit(1);
  return row ?? null;
}

/** @throws Problem 702 while the project's first version is still being made. */
export async function getLive(db: Db, project: string): Promise<Live> {
  const live = await findLive(db, project);
  if (!live) throw new Problem(702, `the first version of "${project}" is still being made`);
  return live;
}

export function toProject(row: ProjectRow, live: Live | null): Project {
  const { id, title, description, plan, classes, createdAt } = row;
  return { id, title, description, plan, classes, createdAt, live };
}
