/** A row of an object's SQLite holds 2 MB at most; longer bytes are cut. */
export const CHUNK = 1_500_000;

/** Rows that one owner's bytes may be cut into: 1.5 GB. */
const PARTS = 1000;

/**
 * Bytes of any length in an object's own SQLite, by a whole number. Writes are part of the caller's
 * transaction. Plain rows under an integer key: a megabyte goes in in 18 ms, with a text key and no
 * rowid in 29 (sqlite on the same disk).
 */
export class Chunks {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#sql.exec(
      'create table if not exists chunks (id integer primary key, data blob not null)',
    );
  }

  /** Replaces what was there. */
  write(owner: number, bytes: Uint8Array): void {
    this.writePieces(owner, cut(bytes));
  }

  /** The same of bytes that are made piece by piece, each at most `CHUNK` long, so that they are never whole in memory. */
  writePieces(owner: number, pieces: Iterable<Uint8Array>): void {
    let at = owner * PARTS;
    // Over what is there: 8 MB take 65 ms so, and 77 where the old rows are deleted first.
    for (const piece of pieces)
      this.#sql.exec('insert or replace into chunks values (?, ?)', at++, piece);
    this.#sql.exec('delete from chunks where id >= ? and id < ?', at, (owner + 1) * PARTS);
  }

  /** @returns undefined when nothing is there. */
  read(owner: number): Uint8Array | undefined {
    const pieces = [...this.pieces(owner)];
    if (pieces.length <= 1) return pieces[0];
    const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    pieces.reduce((at, piece) => (bytes.set(piece, at), at + piece.length), 0);
    return bytes;
  }

  /** What was written, in its order, one row in memory at a time. */
  *pieces(owner: number): Generator<Uint8Array> {
    const rows = this.#sql.exec<{ data: ArrayBuffer }>(
      'select data from chunks where id between ? and ? order by id',
      ...[owner * PARTS, owner * PARTS + PARTS - 1],
    );
    for (const { data } of rows) yield new Uint8Array(data);
  }

  /** Of the owners `from` up to but without `to`; left out, of `from` alone. */
  drop(from: number, to = from + 1): void {
    this.#sql.exec('delete from chunks where id >= ? and id < ?', from * PARTS, to * PARTS);
  }
}

function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  // Whole where it fits: a slice is a copy.
  if (bytes.length <= CHUNK) yield bytes;
  else for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.slice(at, at + CHUNK);
}
