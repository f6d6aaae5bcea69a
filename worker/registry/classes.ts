import { and, count as countOf, eq, gt, gte, inArray, isNull, lt, lte, or, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import { Problem } from '../../shared/api/problem.ts';
import type { ClassInfo } from '../../shared/api/schemas/classes.ts';
import type { Bank } from '../../shared/fewshot/bank.ts';
import type { Encoder } from '../classify/encoder.ts';
import { classes, embeddings } from '../db/schema.ts';
import type { Db, Live, ProjectRow } from './projects.ts';

export type ClassRow = typeof classes.$inferSelect;

/** The classes of one revision by name, and as the head compares with them, in the same order. */
export type ClassTable = { names: readonly string[]; bank: Bank };

/** What acts on classes stand on. */
export type ClassTools = {
  db: Db;
  bucket: R2Bucket;
  project: ProjectRow;
  encoderOf: (live: Live) => Promise<Encoder>;
  tableOf: (live: Live) => Promise<ClassTable>;
};

/** Of a project, at most: an answer compares with each of them. */
export const MOST_CLASSES = 10_000;

/** The classes that requests are answered with now, in the order in which they came. */
export async function listClasses(db: Db, project: string): Promise<ClassInfo[]> {
  const { name, kind, examples, addedIn } = classes;
  return db
    .select({ name, kind, examples, addedIn })
    .from(classes)
    .where(isAlive(project))
    .orderBy(addedIn, sql`rowid`);
}

/** A living class. @throws Problem 603 */
export async function getClass(db: Db, project: string, name: string): Promise<ClassRow> {
  const [row] = await namedClasses(db, project, [name]);
  return row ?? refuseUnknown(project, name);
}

/** A query for living classes by name; any number of names is one parameter. */
export function namedClasses(db: Db, project: string, names: readonly string[]) {
  const wanted = sql`(select value from json_each(${JSON.stringify(names)}))`;
  return db
    .select()
    .from(classes)
    .where(and(isAlive(project), inArray(classes.name, wanted)));
}

export function countAlive(db: Db, project: string) {
  return db.select({ alive: countOf() }).from(classes).where(isAlive(project));
}

/** Bytes of embeddings that one result has, in hex twice as many: D1's end at about 50 MB. */
const PAGE_BYTES = 8_000_000;

/**
 * What came and what went between two revisions, for whoever keeps the classes of the first: with
 * what a classifier needs of those that came, under a version that embedded them. Both are past, so
 * reading them page by page gives what reading them at once would.
 * @param reads whether every example's embedding is wanted beside their sum
 * @returns ids of those alive at `after` and not any more at `upTo`, and the rows of those that came
 *   instead, in their order; of no `count` where the version has not embedded them. What came and went
 *   in between is in neither.
 */
export async function classesChanged(
  db: Db,
  project: string,
  version: number,
  { after, upTo }: { after: number; upTo: number },
  reads: 'sum' | 'rows',
  pageBytes = PAGE_BYTES,
) {
  const { id, addedIn, removedIn } = classes;
  const pageFrom = (from: number) => {
    const page = { from, to: from + pageBytes };
    return cameBetween(db, { project, version }, { after, upTo }, reads, page);
  };
  const [gone, came] = await db.batch([
    db
      .select({ id })
      .from(classes)
      .where(
        and(
          eq(classes.project, project),
          gt(removedIn, after),
          lte(removedIn, upTo),
          lte(addedIn, after),
        ),
      ),
    pageFrom(0),
  ]);
  // Whatever begins behind a page begins where its last one ends.
  for (let from = pageBytes, last = came.at(-1); last && last.end >= from; from += pageBytes) {
    const page = await pageFrom(from);
    came.push(...page);
    last = page.at(-1) ?? last;
  }
  return { gone: gone.map((row) => row.id), came };
}

/**
 * A query for those of the classes that came whose embeddings begin within a page, where all of them
 * are put one behind the other; `end` is where each one ends.
 */
function cameBetween(
  db: Db,
  { project, version }: { project: string; version: number },
  { after, upTo }: { after: number; upTo: number },
  reads: 'sum' | 'rows',
  page: { from: number; to: number },
) {
  const { id, name, kind, support, examples, addedIn, removedIn } = classes;
  const { count } = embeddings;
  const [sum, rows] = [inHex(embeddings.sum), inHex(embeddings.rows)];
  const length = (column: SQLiteColumn) => sql`coalesce(length(${column}), 0)`;
  const own =
    reads === 'rows'
      ? sql`(${length(embeddings.sum)} + ${length(embeddings.rows)})`
      : length(embeddings.sum);
  const listed = db
    .select({
      ...{ id, name, kind, support, examples },
      own: sql<number>`${own}`.as('own'),
      end: sql<number>`sum(${own}) over (order by ${addedIn}, classes.rowid)`.as('end'),
    })
    .from(classes)
    .leftJoin(embeddings, isEmbeddedBy(project, version))
    .where(
      and(
        eq(classes.project, project),
        gt(addedIn, after),
        lte(addedIn, upTo),
        or(isNull(removedIn), gt(removedIn, upTo)),
      ),
    )
    .as('listed');
  const begin = sql`${listed.end} - ${listed.own}`;
  return db
    .select({
      ...{ id: listed.id, name: listed.name, kind: listed.kind, support: listed.support },
      ...{ examples: listed.examples, end: listed.end },
      ...{ sum, count, rows: reads === 'rows' ? rows : sql<null>`null` },
    })
    .from(listed)
    .leftJoin(
      embeddings,
      and(
        eq(embeddings.project, project),
        eq(embeddings.version, version),
        eq(embeddings.support, listed.support),
      ),
    )
    .where(and(gte(begin, page.from), lt(begin, page.to)))
    .orderBy(sql`${listed.end}`);
}

/** D1 hands bytes over as a list of numbers, which takes four times as long to read as their digits. */
function inHex(column: SQLiteColumn) {
  const decoder = {
    mapFromDriverValue: (digits: string): Uint8Array => Buffer.from(digits, 'hex'),
  };
  return sql<Uint8Array>`hex(${column})`.mapWith(decoder);
}

/** Rows of one statement: D1 takes 100 parameters, and a class has eight columns. */
const ROWS = 12;

/** Statements that add novel classes as of a revision. */
export function insertClasses(
  db: Db,
  project: string,
  revision: number,
  added: readonly Pick<ClassRow, 'name' | 'support' | 'examples'>[],
): BatchItem<'sqlite'>[] {
  const rows = added.map(({ name, support, examples }) => ({
    ...{ id: crypto.randomUUID(), project, name, kind: 'novel' as const, support, examples },
    addedIn: revision,
  }));
  return Array.from({ length: Math.ceil(rows.length / ROWS) }, (_, i) =>
    db.insert(classes).values(rows.slice(i * ROWS, (i + 1) * ROWS)),
  );
}

/** A statement that ends classes as of a revision: they are answered with up to the one before. */
export function endClasses(db: Db, revision: number, ended: readonly ClassRow[]) {
  return db
    .update(classes)
    .set({ removedIn: revision })
    .where(
      inArray(
        classes.id,
        ended.map(({ id }) => id),
      ),
    );
}

/**
 * A class that was added later, among what a change found. @throws Problem 603 when it is not there,
 * 604 when it is one of the model's own.
 */
export function novelClass(named: Map<string, ClassRow>, project: string, name: string): ClassRow {
  const row = named.get(name) ?? refuseUnknown(project, name);
  if (row.kind === 'base')
    throw new Problem(604, `"${name}" is one of the classes the model was made for`);
  return row;
}

/** @throws Problem 602 */
export function refuseTaken(named: Map<string, ClassRow>, names: readonly string[]): void {
  const taken = names.find((name) => named.has(name));
  if (taken !== undefined) throw new Problem(602, `there is a class "${taken}" already`);
}

/** Joins a class with what a version makes of its support. */
export function isEmbeddedBy(project: string, version: number) {
  return and(
    eq(embeddings.project, project),
    eq(embeddings.version, version),
    eq(embeddings.support, classes.support),
  );
}

function isAlive(project: string) {
  return and(eq(classes.project, project), isNull(classes.removedIn));
}

/** @throws Problem 603 */
export function refuseUnknown(project: string, name: string): never {
  throw new Problem(603, `"${project}" has no class "${name}"`);
}
