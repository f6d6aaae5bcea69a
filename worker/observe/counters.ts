import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import { BOUNDS_MS } from './buckets.ts';

/** What is added at once: counts by name, and observations by name and bucket with their sum. */
export type Batch = {
  counts: Record<string, number>;
  observed: Record<string, { buckets: number[]; sum: number }>;
};

/** A histogram's buckets are those of `BOUNDS_MS` and one for what is longer. */
export type Reading = Batch;

/** So long a batch may be sent again. */
const REPEATED_MS = 3_600_000;

/**
 * Named counts and histograms of one project: they only grow. Isolates add to them in batches
 * (tally.ts), each under an id of its own, so that one that is sent twice is counted once.
 */
export class Counters extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec(`
      create table if not exists counts (name text primary key, value real not null) without rowid;
      create table if not exists buckets (
        name text not null, bucket integer not null, count integer not null,
        primary key (name, bucket)
      ) without rowid;
      create table if not exists sums (name text primary key, value real not null) without rowid;
      create table if not exists seen (id text primary key, at integer not null) without rowid;
      create index if not exists seen_at on seen (at);
    `);
  }

  /** Adds a batch; one with an id that was there before changes nothing. */
  add(id: string, { counts, observed }: Batch): void {
    const { sql } = this.ctx.storage;
    this.ctx.storage.transactionSync(() => {
      sql.exec('delete from seen where at < ?', Date.now() - REPEATED_MS);
      const { rowsWritten } = sql.exec('insert or ignore into seen values (?, ?)', id, Date.now());
      if (rowsWritten === 0) return;
      const grow = (table: 'counts' | 'sums', name: string, by: number) =>
        sql.exec(
          `insert into ${table} values (?1, ?2)
           on conflict (name) do update set value = value + excluded.value`,
          name,
          by,
        );
      for (const [name, by] of Object.entries(counts)) grow('counts', name, by);
      for (const [name, { buckets, sum }] of Object.entries(observed)) {
        grow('sums', name, sum);
        for (const [bucket, count] of buckets.entries())
          if (count > 0)
            sql.exec(
              `insert into buckets values (?, ?, ?)
               on conflict (name, bucket) do update set count = count + excluded.count`,
              ...[name, bucket, count],
            );
      }
    });
  }

  /** All that begins like this. */
  read(prefix: string): Reading {
    const { sql } = this.ctx.storage;
    const named = (columns: string, table: string) =>
      sql
        .exec<Row>(
          `select ${columns} from ${table} where substr(name, 1, ?) = ?`,
          ...[prefix.length, prefix],
        )
        .toArray();
    const observed: Reading['observed'] = {};
    for (const { name, value } of named('name, value', 'sums'))
      observed[name] = {
        buckets: Array.from({ length: BOUNDS_MS.length + 1 }, () => 0),
        sum: value,
      };
    for (const { name, bucket, value } of named('name, bucket, count as value', 'buckets'))
      observed[name]!.buckets[bucket] = value;
    const counts = named('name, value', 'counts').map(({ name, value }) => [name, value] as const);
    return { counts: Object.fromEntries(counts), observed };
  }
}

type Row = { name: string; bucket: number; value: number };
