import type { Outcome, State } from '../../shared/rounds/round.ts';

/** A row of an object's SQLite holds 2 MB at most; longer bytes are cut. */
const CHUNK = 1_500_000;

/** Rounds whose receipts are kept after their deltas are dropped. */
const REMEMBERED = 10;

export type Entry = {
  id: number;
  round: number;
  volunteer: string;
  digest: string;
  images: number;
  bytes: number;
};

/**
 * What the coordinator must not lose, in its own SQLite: the state, the deltas of the open round as
 * they came, the aggregation rule's memory, the rounds that ended. Writes are synchronous and the
 * platform holds back every reply until they are on disk: acknowledged means durable.
 */
export class Ledger {
  readonly #sql: SqlStorage;
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#sql.exec(`
      create table if not exists state (id integer primary key check (id = 1), json text not null);
      create table if not exists deltas (
        id integer primary key autoincrement, round integer not null, volunteer text not null,
        digest text not null, images integer not null, bytes integer not null, unique (round, volunteer)
      );
      create table if not exists chunks (
        owner text not null, part integer not null, data blob not null, primary key (owner, part)
      );
      create table if not exists outcomes (round integer primary key, json text not null);
    `);
  }

  /** All of it is written, or none. */
  atomically<T>(work: () => T): T {
    return this.#storage.transactionSync(work);
  }

  loadState(): State | undefined {
    const [row] = this.#sql.exec<{ json: string }>('select json from state').toArray();
    return row && (JSON.parse(row.json) as State);
  }

  saveState(state: State): void {
    this.#sql.exec('insert or replace into state (id, json) values (1, ?)', JSON.stringify(state));
  }

  find(round: number, volunteer: string): Entry | undefined {
    return this.#sql
      .exec<Entry>('select * from deltas where round = ? and volunteer = ?', round, volunteer)
      .toArray()[0];
  }

  append(entry: Omit<Entry, 'id' | 'bytes'>, message: Uint8Array): void {
    const { round, volunteer, digest, images } = entry;
    const { id } = this.#sql
      .exec<{ id: number }>(
        'insert into deltas (round, volunteer, digest, images, bytes) values (?, ?, ?, ?, ?) returning id',
        ...[round, volunteer, digest, images, message.length],
      )
      .one();
    this.#write(`delta ${id}`, message);
  }

  /** The deltas of a round in the order in which they were acknowledged, one in memory at a time. */
  *messages(round: number): Generator<{ entry: Entry; message: Uint8Array }> {
    const entries = this.#sql
      .exec<Entry>('select * from deltas where round = ? order by id', round)
      .toArray();
    for (const entry of entries)
      yield { entry, message: this.#read(`delta ${entry.id}`) as Uint8Array };
  }

  /**
   * Drops the bytes of rounds before this one: they are in the weights now, or were given up. That
   * they came is remembered a while longer, for a volunteer who missed the answer and asks again.
   */
  truncate(before: number): void {
    this.#sql.exec(
      `delete from chunks where owner in (select 'delta ' || id from deltas where round < ?)`,
      before,
    );
    this.#sql.exec('delete from deltas where round < ?', before - REMEMBERED);
  }

  loadMemory(): Float32Array | undefined {
    const bytes = this.#read('memory');
    return bytes && new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }

  saveMemory(memory: Float32Array): void {
    this.#sql.exec(`delete from chunks where owner = 'memory'`);
    this.#write('memory', new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength));
  }

  addOutcome(outcome: Outcome): void {
    this.#sql.exec(
      'insert or replace into outcomes (round, json) values (?, ?)',
      outcome.round,
      JSON.stringify(outcome),
    );
  }

  outcomes(): Outcome[] {
    const rows = this.#sql
      .exec<{ json: string }>('select json from outcomes order by round desc')
      .toArray();
    return rows.map(({ json }) => JSON.parse(json) as Outcome);
  }

  #write(owner: string, bytes: Uint8Array): void {
    for (let part = 0; part * CHUNK < bytes.length; part++)
      this.#sql.exec(
        'insert into chunks (owner, part, data) values (?, ?, ?)',
        ...[owner, part, bytes.slice(part * CHUNK, (part + 1) * CHUNK)],
      );
  }

  #read(owner: string): Uint8Array | undefined {
    const rows = this.#sql
      .exec<{ data: ArrayBuffer }>('select data from chunks where owner = ? order by part', owner)
      .toArray();
    if (rows.length === 0) return undefined;
    const bytes = new Uint8Array(rows.reduce((sum, { data }) => sum + data.byteLength, 0));
    let at = 0;
    for (const { data } of rows) {
      bytes.set(new Uint8Array(data), at);
      at += data.byteLength;
    }
    return bytes;
  }
}
