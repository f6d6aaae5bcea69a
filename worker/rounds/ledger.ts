import { bytesOf } from '../../shared/math/bytes.ts';
import type { Outcome, State } from '../../shared/rounds/round.ts';
import { Chunks } from './chunks.ts';
import { persist } from './persist.ts';

/** Where the aggregation rule's memory lies among the chunks. */
const MEMORY = 0;

/**
 * What the coordinator must not lose, in its own SQLite: the state of the rounds, the aggregation
 * rule's memory, the rounds that ended. No delta ever comes here: those are the shards' (`log.ts`).
 */
export class Ledger {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #chunks: Chunks;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#chunks = new Chunks(storage.sql);
    this.#sql.exec(`
      create table if not exists rounds (id integer primary key check (id = 1), json text not null);
      create table if not exists outcomes (round integer primary key, json text not null);
    `);
  }

  /** All of it is written, or none. `step` names it, for the traces and for the crash bench. */
  atomically<T>(step: string, work: () => T): T {
    return persist(this.#storage, step, work);
  }

  loadState(): Omit<State, 'shards'> | undefined {
    const [row] = this.#sql.exec<{ json: string }>('select json from rounds').toArray();
    return row && (JSON.parse(row.json) as Omit<State, 'shards'>);
  }

  /** All but what the shards said, who say it again. */
  saveState(state: State): void {
    const hard = { ...state, shards: undefined };
    this.#sql.exec('insert or replace into rounds (id, json) values (1, ?)', JSON.stringify(hard));
  }

  loadMemory(): Float32Array | undefined {
    const bytes = this.#chunks.read(MEMORY);
    return bytes && new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }

  saveMemory(memory: Float32Array): void {
    this.#chunks.write(MEMORY, bytesOf(memory));
  }

  addOutcome(outcome: Outcome): void {
    this.#sql.exec(
      'insert or replace into outcomes (round, json) values (?, ?)',
      outcome.round,
      JSON.stringify(outcome),
    );
  }

  /** How many rounds ended in which way. */
  countOutcomes(): Record<string, number> {
    const rows = this.#sql
      .exec<{ outcome: string; count: number }>(
        `select json_extract(json, '$.outcome') as outcome, count(*) as count from outcomes group by 1`,
      )
      .toArray();
    return Object.fromEntries(rows.map(({ outcome, count }) => [outcome, count]));
  }

  outcomes(): Outcome[] {
    const rows = this.#sql
      .exec<{ json: string }>('select json from outcomes order by round desc')
      .toArray();
    return rows.map(({ json }) => JSON.parse(json) as Outcome);
  }
}
