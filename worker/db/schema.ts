import { sql } from 'drizzle-orm';
import {
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  blob,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';
import type { Calibration } from '../../shared/fewshot/calibrate.ts';
import type { Plan } from '../../shared/api/plan.ts';

/** A project and everything about it that never changes. What is live is the newest row of `revisions`. */
export const projects = sqliteTable('projects', {
  id: text('id').primaryKey(),
  title: text('title').notNull(),
  description: text('description').notNull(),
  plan: text('plan', { mode: 'json' }).$type<Plan>().notNull(),
  /** Names of the base classes, in the order of the classifier's outputs. */
  classes: text('classes', { mode: 'json' }).$type<string[]>().notNull(),
  /** Content hashes of the labelled sets in R2: what the server trains on, and what it judges by. */
  seed: text('seed').notNull(),
  validation: text('validation').notNull(),
  createdAt: integer('created_at').notNull(),
});

/** A version of the student, numbered from 1 within its project. Which ones were ever live says `revisions`. */
export const versions = sqliteTable(
  'versions',
  {
    project: text('project')
      .notNull()
      .references(() => projects.id),
    number: integer('number').notNull(),
    weights: text('weights').notNull(),
    parent: integer('parent'),
    round: integer('round').notNull(),
    validationAccuracy: real('validation_accuracy').notNull(),
    serverLoss: real('server_loss'),
    /** How the version's numbers are to be read; see shared/fewshot/calibrate.ts. */
    calibration: text('calibration', { mode: 'json' }).$type<Calibration>().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.project, table.number] }),
    // A server step that is repeated after a crash must not make a second version.
    uniqueIndex('versions_round').on(table.project, table.round),
  ],
);

/**
 * Every change of what a request is answered with: a class added or removed, a version promoted or
 * rolled back to. The newest row is what is live. Two changes at once try to write the same
 * revision; the primary key lets one through and the other starts over, so nothing is half done.
 */
export const revisions = sqliteTable(
  'revisions',
  {
    project: text('project')
      .notNull()
      .references(() => projects.id),
    revision: integer('revision').notNull(),
    version: integer('version').notNull(),
    act: text('act', { enum: ['promote', 'rollback', 'add-class', 'remove-class'] }).notNull(),
    subject: text('subject').notNull(),
    at: integer('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.project, table.revision] })],
);

/** A class, alive from revision `added_in` until before `removed_in`. */
export const classes = sqliteTable(
  'classes',
  {
    id: text('id').primaryKey(),
    project: text('project')
      .notNull()
      .references(() => projects.id),
    name: text('name').notNull(),
    kind: text('kind', { enum: ['base', 'novel'] }).notNull(),
    /** Content hash in R2 of the support images, as the network reads them. */
    support: text('support').notNull(),
    examples: integer('examples').notNull(),
    addedIn: integer('added_in').notNull(),
    removedIn: integer('removed_in'),
  },
  (table) => [
    // A name may come back once the class that had it is removed.
    uniqueIndex('classes_name')
      .on(table.project, table.name)
      .where(sql`removed_in is null`),
  ],
);

/** Sum of the unit embeddings of a class's support under one version: made once, merged by adding. */
export const prototypes = sqliteTable(
  'prototypes',
  {
    class: text('class')
      .notNull()
      .references(() => classes.id),
    version: integer('version').notNull(),
    /** float32, little-endian, as long as the embedding. */
    sum: blob('sum', { mode: 'buffer' }).$type<Uint8Array>().notNull(),
    count: integer('count').notNull(),
  },
  (table) => [primaryKey({ columns: [table.class, table.version] })],
);
