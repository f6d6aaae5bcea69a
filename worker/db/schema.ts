import { sql } from 'drizzle-orm';
import {
  index,
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
import { ACTS } from '../../shared/api/schemas/revisions.ts';
import type { Settings } from '../../shared/api/schemas/settings.ts';
import type { Card } from '../../shared/api/schemas/versions.ts';

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
    /** Made by a round here, or brought from elsewhere; an import has the round 0 - its own number. */
    origin: text('origin', { enum: ['round', 'import'] })
      .notNull()
      .default('round'),
    /** What was measured when the version was made: see shared/api/schemas/versions.ts. */
    card: text('card', { mode: 'json' }).$type<Card>(),
    /** When its weights were let go by retention; null while they are there. */
    expiredAt: integer('expired_at'),
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
    act: text('act', { enum: ACTS }).notNull(),
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
    // What came and what went since a revision, without reading every class that ever was.
    index('classes_added').on(table.project, table.addedIn),
    index('classes_removed').on(table.project, table.removedIn),
  ],
);

/**
 * Unit embeddings of a support set under one version. By the support's content and not by the class:
 * a class that is renamed, merged or brought back is not embedded again.
 */
export const embeddings = sqliteTable(
  'embeddings',
  {
    project: text('project')
      .notNull()
      .references(() => projects.id),
    version: integer('version').notNull(),
    /** Content hash of the support images in R2. */
    support: text('support').notNull(),
    count: integer('count').notNull(),
    /** Their sum: float32, little-endian, as long as an embedding. */
    sum: blob('sum', { mode: 'buffer' }).$type<Uint8Array>().notNull(),
    /**
     * [count, features] of float32, or the first of them that fit a row of D1 (registry/supports.ts).
     * Behind the sum, so that reading sums alone does not touch it.
     */
    rows: blob('rows', { mode: 'buffer' }).$type<Uint8Array>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.project, table.version, table.support] })],
);

/** What may be changed of a project after it was created. No row: the defaults. */
export const settings = sqliteTable('settings', {
  project: text('project')
    .primaryKey()
    .references(() => projects.id),
  values: text('values', { mode: 'json' }).$type<Settings>().notNull(),
  changedAt: integer('changed_at').notNull(),
});

/** A candidate that answers a share of the requests beside the live version. */
export const canaries = sqliteTable('canaries', {
  project: text('project')
    .primaryKey()
    .references(() => projects.id),
  version: integer('version').notNull(),
  /** Of the requests, in (0, 1]. */
  share: real('share').notNull(),
  startedAt: integer('started_at').notNull(),
});

/** A key of an app or an admin. The secret itself is nowhere: only its hash. */
export const keys = sqliteTable(
  'keys',
  {
    /** The part of the key that is no secret, by which it is listed. */
    prefix: text('prefix').primaryKey(),
    /** SHA-256 of the whole key, in hex. */
    hash: text('hash').notNull(),
    name: text('name').notNull(),
    role: text('role', { enum: ['app', 'admin'] }).notNull(),
    /** The one project that it opens; null for all. */
    project: text('project').references(() => projects.id),
    /** What it may do; null for all that its role may. */
    verbs: text('verbs', { mode: 'json' }).$type<string[]>(),
    /** Requests a day, counted exactly; null for no such limit. */
    dailyQuota: integer('daily_quota'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
    revokedAt: integer('revoked_at'),
  },
  (table) => [uniqueIndex('keys_hash').on(table.hash)],
);

/** Who of the admins did what, and what came of it. Rows are only ever added. */
export const audit = sqliteTable(
  'audit',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    at: integer('at').notNull(),
    /** A key's prefix, or "root" for the edge's own secret. */
    actor: text('actor').notNull(),
    /** Name of the route in the route table. */
    act: text('act').notNull(),
    project: text('project'),
    /** What it was done to: the request's path. */
    subject: text('subject').notNull(),
    status: integer('status').notNull(),
    /** The request's id: the logs have the rest. */
    request: text('request').notNull(),
  },
  (table) => [index('audit_project').on(table.project, table.id)],
);
