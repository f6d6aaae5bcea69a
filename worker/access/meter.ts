import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import { DAY_MS, spend, type Used } from './day.ts';

/**
 * What must be counted exactly, by one object each: a key's requests of a day, and answers to a
 * challenge, of which each counts once. Writes are on disk before anybody hears of them.
 */
export class Meter extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec(`
      create table if not exists used (
        id integer primary key check (id = 1), day integer not null, count integer not null
      );
      create table if not exists seen (id text primary key, until integer not null) without rowid;
    `);
  }

  /** Takes one of so many a day. @returns whether there was one, and milliseconds to the next day */
  take(most: number): { granted: boolean; resetsInMs: number } {
    const now = Date.now();
    const { sql } = this.ctx.storage;
    const [row] = sql.exec<Used>('select day, count from used').toArray();
    const next = spend(row, Math.floor(now / DAY_MS), most);
    if (next) sql.exec('insert or replace into used values (1, ?, ?)', next.day, next.count);
    return { granted: next !== null, resetsInMs: DAY_MS - (now % DAY_MS) };
  }

  /** Whether this comes for the first time. It is remembered until then, in milliseconds since 1970. */
  isFirst(id: string, until: number): boolean {
    const { sql } = this.ctx.storage;
    sql.exec('delete from seen where until < ?', Date.now());
    return sql.exec('insert or ignore into seen values (?, ?)', id, until).rowsWritten > 0;
  }
}
