import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

/** A durable object's own SQLite as far as the rounds use it, on Node's: its disk, in memory. */
export class Disk {
  readonly storage: DurableObjectStorage;
  readonly #db = new DatabaseSync(':memory:');
  #deep = 0;
  #left = Number.POSITIVE_INFINITY;

  constructor() {
    this.storage = {
      sql: { exec: (query: string, ...values: SQLInputValue[]) => this.#exec(query, values) },
      transactionSync: <T>(work: () => T) => this.#atomically(work),
    } as unknown as DurableObjectStorage;
  }

  /** Statements from now on that work; the one behind them fails, once. */
  failAfter(statements: number): void {
    this.#left = statements;
  }

  /** Nothing fails that was to. @returns whether it has not yet */
  mend(): boolean {
    const waited = this.#left !== Number.POSITIVE_INFINITY;
    this.#left = Number.POSITIVE_INFINITY;
    return waited;
  }

  #exec(query: string, values: SQLInputValue[]) {
    if (this.#left-- === 0) {
      this.mend();
      throw new Error('disk full');
    }
    if (values.length === 0 && query.includes(';')) {
      this.#db.exec(query);
      return rowsOf([]);
    }
    return rowsOf(this.#db.prepare(query).all(...values));
  }

  #atomically<T>(work: () => T): T {
    const name = `deep${this.#deep++}`;
    this.#db.exec(`savepoint ${name}`);
    try {
      return work();
    } catch (error) {
      this.#db.exec(`rollback to ${name}`);
      throw error;
    } finally {
      this.#db.exec(`release ${name}`);
      this.#deep--;
    }
  }
}

type Row = Record<string, unknown>;

function rowsOf(found: Row[]) {
  const rows = found.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, valueOf(value)])),
  );
  return { toArray: () => rows, one: () => rows[0], [Symbol.iterator]: () => rows.values() };
}

/** Durable objects give ArrayBuffers, Node a view. */
function valueOf(value: unknown): unknown {
  return value instanceof Uint8Array ? value.slice().buffer : value;
}
