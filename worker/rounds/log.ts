import type { Cohort } from '../../shared/rounds/cohort.ts';
import { Chunks } from './chunks.ts';
import { persist } from './persist.ts';

/** Rounds whose receipts are kept after their deltas are dropped. */
const REMEMBERED = 10;

/** A delta that was acknowledged: whose it is, and its place in the sum. */
export type Entry = {
  /** The round that counts it; in asynchronous training it may be later than the one it was asked in. */
  round: number;
  /** Its place among the deltas of that round in this shard, from 1: the order of the sum. */
  position: number;
  asked: number;
  volunteer: string;
  digest: string;
  images: number;
  staleness: number;
  bytes: number;
};

/**
 * A shard's write-ahead log, in its own SQLite. Before a delta is acknowledged it is written as it
 * came, or the running sum that it is in is; the deltas in a sum that is written down are let go.
 * What was there last and the deltas behind it make the same sum again, bit for bit. Writes are
 * synchronous, and the platform holds back every reply until they are on disk.
 */
export class Log {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #chunks: Chunks;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#chunks = new Chunks(storage.sql);
    this.#sql.exec(`
      create table if not exists cohort (id integer primary key check (id = 1), json text not null);
      create table if not exists entries (
        round integer not null, position integer not null, asked integer not null,
        volunteer text not null, digest text not null, images integer not null,
        staleness integer not null, bytes integer not null,
        primary key (round, position), unique (asked, volunteer, digest)
      ) without rowid;
      create table if not exists checkpoints (round integer primary key, position integer not null);
    `);
  }

  /** All of it is written, or none. `step` names it, for the traces and for the crash bench. */
  atomically<T>(step: string, work: () => T): T {
    return persist(this.#storage, step, work);
  }

  loadCohort(): Cohort | undefined {
    const [row] = this.#sql.exec<{ json: string }>('select json from cohort').toArray();
    return row && { ...(JSON.parse(row.json) as Omit<Cohort, 'present'>), present: [] };
  }

  /** All but who is here, which the lines know. */
  saveCohort(cohort: Cohort): void {
    const kept = { ...cohort, present: undefined };
    this.#sql.exec('insert or replace into cohort (id, json) values (1, ?)', JSON.stringify(kept));
  }

  /** The receipt of this very delta, if it was acknowledged. */
  find(asked: number, volunteer: string, digest: string): Entry | undefined {
    return this.#sql
      .exec<Entry>(
        'select * from entries where asked = ? and volunteer = ? and digest = ?',
        ...[asked, volunteer, digest],
      )
      .toArray()[0];
  }

  /** Without its message it has to be in a checkpoint that the same transaction writes. */
  append(entry: Entry, message: Uint8Array | undefined): void {
    const { round, position, asked, volunteer, digest, images, staleness, bytes } = entry;
    this.#sql.exec(
      'insert into entries values (?, ?, ?, ?, ?, ?, ?, ?)',
      ...[round, position, asked, volunteer, digest, images, staleness, bytes],
    );
    if (message) this.#chunks.write(chunksOf(round, position), message);
  }

  /** Bytes of deltas behind the last checkpoint of a round. */
  uncovered(round: number): number {
    return this.#sql
      .exec<{ sum: number }>(
        'select coalesce(sum(bytes), 0) as sum from entries where round = ? and position > ?',
        ...[round, this.#covered(round)],
      )
      .one().sum;
  }

  /** Writes the sum of the first `position` deltas down, and lets those go. */
  checkpoint(round: number, position: number, sum: Iterable<Uint8Array>): void {
    const before = this.#covered(round);
    this.#chunks.writePieces(sumOf(round), sum);
    this.#sql.exec('insert or replace into checkpoints values (?, ?)', round, position);
    this.#chunks.drop(chunksOf(round, before + 1), chunksOf(round, position + 1));
  }

  /** The last sum of a round that was written down, in pieces; undefined before the first. */
  covered(round: number): Iterable<Uint8Array> | undefined {
    return this.#covered(round) === 0 ? undefined : this.#chunks.pieces(sumOf(round));
  }

  /** The deltas behind the last checkpoint, in their order, one in memory at a time. */
  *behind(round: number): Generator<{ entry: Entry; message: Uint8Array }> {
    const entries = this.#sql
      .exec<Entry>(
        'select * from entries where round = ? and position > ? order by position',
        ...[round, this.#covered(round)],
      )
      .toArray();
    for (const entry of entries) {
      const message = this.#chunks.read(chunksOf(round, entry.position));
      if (!message) throw new Error(`log: delta ${entry.position} of round ${round} is gone`);
      yield { entry, message };
    }
  }

  /**
   * Drops the bytes of rounds up to this one: they are in the weights now, or were given up. That
   * they came is remembered a while longer, for a volunteer who missed the answer and asks again.
   */
  settle(round: number): void {
    // Numbered by their round: one stretch holds the deltas and sums of all that is over.
    this.#chunks.drop(0, sumOf(round + 1));
    this.#sql.exec('delete from checkpoints where round <= ?', round);
    this.#sql.exec('delete from entries where round <= ?', round - REMEMBERED);
  }

  #covered(round: number): number {
    const [row] = this.#sql
      .exec<{ position: number }>('select position from checkpoints where round = ?', round)
      .toArray();
    return row?.position ?? 0;
  }
}

/** Deltas of a round in one shard, at most. */
const POSITIONS = 1_000_000;

function chunksOf(round: number, position: number): number {
  return round * POSITIONS + position;
}

/** Positions begin at 1: the place before them is the sum's. */
function sumOf(round: number): number {
  return chunksOf(round, 0);
}
