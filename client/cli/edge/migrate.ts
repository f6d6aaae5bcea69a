import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './build.ts';

type Database = {
  prepare(sql: string): { bind(...values: unknown[]): { all(): Promise<{ results: unknown[] }> } };
  batch(statements: unknown[]): Promise<unknown>;
};

const TABLE = 'd1_migrations';

/**
 * Applies the migrations that the database has not seen, each in one transaction, and notes them
 * where `wrangler d1 migrations apply` would, so that both can be used on one database.
 */
export async function migrate(d1: unknown): Promise<void> {
  const db = d1 as Database;
  const run = (sql: string, ...values: unknown[]) => db.prepare(sql).bind(...values);
  await run(
    `create table if not exists ${TABLE} (id integer primary key autoincrement, name text unique, applied_at timestamp default current_timestamp not null)`,
  ).all();
  const { results } = await run(`select name from ${TABLE}`).all();
  const done = new Set((results as { name: string }[]).map(({ name }) => name));
  const folder = join(ROOT, 'migrations');
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()) {
    if (done.has(name)) continue;
    const statements = readFileSync(join(folder, name), 'utf8').split('--> statement-breakpoint');
    await db.batch([
      ...statements.map((sql) => run(sql)),
      run(`insert into ${TABLE} (name) values (?)`, name),
    ]);
  }
}
