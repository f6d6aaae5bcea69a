import { and, desc, eq, max } from 'drizzle-orm';
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1';
import * as v from 'valibot';
import { PlanSchema } from '../../shared/api/plan.ts';
import { recipeOf, type Recipe } from '../../shared/api/recipe.ts';
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
  const row = withDefaults(found);
  if (known.size >= KEEP) known.clear();
  known.set(id, row);
  return row;
}

/** A plan written down before a setting was thought of has its default. */
function withDefaults(row: ProjectRow): ProjectRow {
  return { ...row, plan: v.parse(PlanSchema, row.plan) };
}

/** A stored plan was checked when the project was created; it is put together anew here. */
export function recipeFor(row: ProjectRow): Recipe {
  return recipeOf(row.plan, row.classes.length);
}

export async function findLive(db: Db, project: string): Promise<Live | null> {
  const [row] = await selectLive(db, project);
  return row ?? null;
}

const { revisions, versions } = schema;

/** What `Live` is read from: a revision, and the version that it made live. */
const LIVE = {
  version: revisions.version,
  revision: revisions.revision,
  weights: versions.weights,
};
const IS_ITS_VERSION = and(
  eq(versions.project, revisions.project),
  eq(versions.number, revisions.version),
);

/** The query behind it, for whoever reads more in the same round trip: one row or none. */
export function selectLive(db: Db, project: string) {
  return db
    .select(LIVE)
    .from(revisions)
    .innerJoin(versions, IS_ITS_VERSION)
    .where(eq(revisions.project, project))
    .orderBy(desc(revisions.revision))
    .limit(1);
}

/** Every project with what is live in it, newest project first, in one round trip. */
export async function allProjects(db: Db): Promise<{ row: ProjectRow; live: Live | null }[]> {
  const { projects } = schema;
  const newest = db
    .select({ project: revisions.project, revision: max(revisions.revision).as('newest') })
    .from(revisions)
    .groupBy(revisions.project)
    .as('newest_revisions');
  const [rows, lives] = await db.batch([
    db.select().from(projects).orderBy(desc(projects.createdAt)),
    db
      .select({ project: revisions.project, ...LIVE })
      .from(revisions)
      .innerJoin(versions, IS_ITS_VERSION)
      .innerJoin(
        newest,
        and(eq(newest.project, revisions.project), eq(newest.revision, revisions.revision)),
      ),
  ]);
  const live = new Map(lives.map(({ project, ...one }) => [project, one]));
  return rows.map((row) => ({ row: withDefaults(row), live: live.get(row.id) ?? null }));
}

/** @throws Problem 702 while the project's first version is still being made. */
export async function getLive(db: Db, project: string): Promise<Live> {
  return mustBeLive(project, await findLive(db, project));
}

/** @throws Problem 702 */
export function mustBeLive(project: string, live: Live | null): Live {
  if (live) return live;
  throw new Problem(702, `the first version of "${project}" is still being made`);
}

export function toProject(row: ProjectRow, live: Live | null): Project {
  const { id, title, description, plan, classes, createdAt } = row;
  return { id, title, description, plan, classes, createdAt, live };
}
