import { and, desc, eq, max } from 'drizzle-orm';
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1';
import * as v from 'valibot';
import { PlanSchema, recipeOf, type Recipe } from '../../shared/api/plan.ts';
import { Problem } from '../../shared/api/problem.ts';
import type { Project } from '../../shared/api/schemas/projects.ts';
import * as schema from '../db/schema.ts';

export type Db = DrizzleD1Database<typeof schema>;
export type ProjectRow = typeof schema.projects.$inferSelect;
/** What a request is answered with now: the newest revision, and the weights of its version. */
export type Live = { version: number; revision: number; weights: string };

const opened = new WeakMap<D1Database, Db>();

/** Once an isolate: drizzle goes through the whole schema, which takes as long as a fifth of an embedding. */
export function openDb(d1: D1Database): Db {
  let db = opened.get(d1);
  if (!db) opened.set(d1, (db = drizzle(d1, { schema })));
  return db;
}

/** A project's row never changes once it is written, so an isolate reads it once. */
const known = new Map<string, ProjectRow>();
const KEEP = 1000;

/** @throws Problem 301 */
export async function getProject(db: Db, id: string): Promise<ProjectRow> {
  const before = known.get(id);
  if (before) return before;
  const found = await db.query.projects.findFirst({ where: eq(schema.projects.id, id) });
  if (!found) throw new Problem(301, `there is no project "${id}"`);
  // A plan written down before a setting was thought of has its default.
  const row = { ...found, plan: v.parse(PlanSchema, found.plan) };
  if (known.size >= KEEP) known.clear();
  known.set(id, row);
  return row;
}

/** A stored plan was checked when the project was created; it is put together anew here. */
export function recipeFor(row: ProjectRow): Recipe {
  return recipeOf(row.plan, row.classes.length);
}

export async function findLive(db: Db, project: string): Promise<Live | null> {
  const [row] = await selectLive(db, project);
  return row ?? null;
}

/** The query behind it, for whoever reads more in the same round trip: one row or none. */
export function selectLive(db: Db, project: string) {
  const { revisions, versions } = schema;
  return db
    .select({ version: revisions.version, revision: revisions.revision, weights: versions.weights })
    .from(revisions)
    .innerJoin(
      versions,
      and(eq(versions.project, revisions.project), eq(versions.number, revisions.version)),
    )
    .where(eq(revisions.project, project))
    .orderBy(desc(revisions.revision))
    .limit(1);
}

/** What is live in every project, newest project first, in two queries. */
export async function liveOfAll(
  db: Db,
): Promise<{ project: string; live: Pick<Live, 'version' | 'revision'> | null }[]> {
  const { projects, revisions } = schema;
  const [all, newest] = await db.batch([
    db.select({ id: projects.id }).from(projects).orderBy(desc(projects.createdAt)),
    // SQLite takes the other columns from the row that has the maximum.
    db
      .select({
        project: revisions.project,
        version: revisions.version,
        revision: max(revisions.revision),
      })
      .from(revisions)
      .groupBy(revisions.project),
  ]);
  const live = new Map(newest.map((row) => [row.project, row]));
  return all.map(({ id }) => {
    const row = live.get(id);
    return {
      project: id,
      live: row ? { version: row.version, revision: row.revision as number } : null,
    };
  });
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
