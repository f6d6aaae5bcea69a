/** Letting weights go while things fail in the middle of it: on a real D1 and R2. */
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../client/cli/edge/migrate.ts';
import * as schema from '../../worker/db/schema.ts';
import type { Env } from '../../worker/env.ts';
import { openDb, type Db } from '../../worker/registry/projects.ts';
import { retire } from '../../worker/registry/retention.ts';
import { newToyProject } from '../kit/project.ts';

let miniflare: Miniflare;
let env: Env;
let db: Db;
let blobs: R2Bucket;

const hashOf = (name: string) => name.padEnd(64, '0');
const names = async () =>
  (await blobs.list()).objects.map(({ key }) => key.replace(/^weights\/(.+?)0*$/, '$1')).sort();

beforeAll(async () => {
  const script = 'export default { fetch: () => new Response() }';
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...{ name: 'shed', modules: true, script, d1Databases: { DB: 'shed' } },
      r2Buckets: { BLOBS: 'shed' },
    }),
  );
  const d1 = await miniflare.getD1Database('DB');
  await migrate(d1);
  db = openDb(d1 as unknown as D1Database);
  blobs = (await miniflare.getR2Bucket('BLOBS')) as unknown as R2Bucket;
  const { plan, classes, ...rest } = newToyProject('reef');
  await db.insert(schema.projects).values({
    ...{ ...rest, description: '', plan: plan as never, classes: classes.map(({ name }) => name) },
    ...{ seed: '', validation: '', createdAt: 1 },
  });
  await db.insert(schema.settings).values({
    project: 'reef',
    values: { answers: 'open', origins: [], keepVersions: 1 },
    changedAt: 1,
  });
  for (const number of [1, 2, 3, 4]) {
    // Two versions may have the same weights.
    const weights = hashOf(number === 2 ? 'v1' : `v${number}`);
    await db.insert(schema.versions).values({
      ...{ project: 'reef', number, weights, round: number, validationAccuracy: 1, createdAt: 1 },
      calibration: { unknownBelow: 0, scale: 1, mix: { slope: 1, offset: 0 } },
    });
    await db.insert(schema.embeddings).values({
      ...{ project: 'reef', version: number, support: 's', count: 1 },
      ...{ sum: new Uint8Array(4), rows: new Uint8Array(4) },
    });
    await blobs.put(`weights/${weights}`, 'x');
  }
  await db
    .insert(schema.revisions)
    .values({ project: 'reef', revision: 1, version: 2, act: 'promote', subject: '', at: 1 });
  for (const name of ['a3', 'c5']) await blobs.put(`weights/${hashOf(name)}`, 'x');
  const coordinator = {
    // Version 5 is being made from 4: its weights are there already, and it has no row.
    held: async () => ({ versions: [4], weights: [hashOf('v4'), hashOf('c5')] }),
    rounds: async () => [{ candidateVersion: 3, aggregate: hashOf('a3') }],
  };
  env = { DB: d1, BLOBS: blobs, COORDINATOR: { getByName: () => coordinator } } as unknown as Env;
});

afterAll(() => miniflare.dispose());

/** What an object keeps when it is torn down. */
function disk() {
  const kept = new Map<string, unknown>();
  return {
    kept,
    storage: {
      get: async (key: string) => kept.get(key),
      put: async (key: string, value: unknown) => void kept.set(key, value),
      delete: async (key: string) => kept.delete(key),
    } as unknown as DurableObjectStorage,
  };
}

/** The same, but one of its stores gives up at a call. */
function failing(part: 'BLOBS' | 'DB', method: string): Env {
  const broken = new Proxy(env[part] as object, {
    get(target, name) {
      if (name === method) return () => Promise.reject(new Error(`${part} is gone`));
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { ...env, [part]: broken };
}

const expired = async () => {
  const rows = await db.select().from(schema.versions);
  return rows.filter(({ expiredAt }) => expiredAt !== null).map(({ number }) => number);
};

test('what is torn down at any point is done once it is begun again, and nothing else is', async () => {
  const { kept, storage } = disk();
  expect(await names()).toEqual(['a3', 'c5', 'v1', 'v3', 'v4']);

  await expect(retire(failing('DB', 'batch'), storage, 'reef', [])).rejects.toThrow('DB is gone');
  expect([await expired(), await names()]).toEqual([[], ['a3', 'c5', 'v1', 'v3', 'v4']]);

  await expect(retire(failing('BLOBS', 'delete'), storage, 'reef', [])).rejects.toThrow(
    'BLOBS is gone',
  );
  // Marked and not deleted; what is to go is still written down.
  expect(await expired()).toEqual([1, 3]);
  expect(kept.size).toBe(1);

  await retire(env, storage, 'reef', []);
  expect(kept.size).toBe(0);
  // Version 2, which is live, has the weights of version 1; c5 is an open round's.
  expect(await names()).toEqual(['c5', 'v1', 'v4']);
  const left = await db.select().from(schema.embeddings);
  expect(left.map(({ version }) => version).sort()).toEqual([2, 4]);

  await retire(env, storage, 'reef', []);
  expect([await expired(), await names()]).toEqual([
    [1, 3],
    ['c5', 'v1', 'v4'],
  ]);
});
