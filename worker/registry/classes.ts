import { and, count as countOf, eq, gt, inArray, isNull, lte, or, sql } from 'drizzle-orm';
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

/**
 * What came and what went between two revisions, for whoever keeps the classes of the first: with
 * what a classifier needs of those that came, under a version that embedded them.
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
) {
  const { id, name, kind, support, examples, addedIn, removedIn } = classes;
  const { count } = embeddings;
  const sum = inHex(embeddings.sum);
  const rows = reads === 'rows' ? inHex(embeddings.rows) : sql<null>`null`;
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
    db
      .select({ id, name, kind, support, examples, sum, count, rows })
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
      .orderBy(addedIn, sql`classes.rowid`),
  ]);
  return { gone: gone.map((row) => row.id), came };
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
