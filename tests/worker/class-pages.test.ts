/** The classes of a revision are read in pages: of any size they are the same. On a real D1. */
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../client/cli/edge/migrate.ts';
import { range } from '../../shared/math/random.ts';
import * as schema from '../../worker/db/schema.ts';
import { classesChanged } from '../../worker/registry/classes.ts';
import { openDb, type Db } from '../../worker/registry/projects.ts';
import { START_MS } from '../kit/edge.ts';
import { newToyProject } from '../kit/project.ts';

const COUNT = 12;
const [SUM, ROWS] = [8, 20];
const project = 'reef';
let miniflare: Miniflare;
let db: Db;

beforeAll(async () => {
  const script = 'export default { fetch: () => new Response() }';
  miniflare = new Miniflare(
    convertV4MiniflareOptions({ name: 'shed', modules: true, script, d1Databases: { DB: 'shed' } }),
  );
  const d1 = await miniflare.getD1Database('DB');
  await migrate(d1);
  db = openDb(d1 as unknown as D1Database);
  const { plan, classes, ...rest } = newToyProject(project);
  await db.insert(schema.projects).values({
    ...{ ...rest, description: '', plan: plan as never, classes: classes.map(({ name }) => name) },
    ...{ seed: '', validation: '', createdAt: 1 },
  });
  await db.insert(schema.versions).values({
    ...{ project, number: 1, weights: '', round: 0, validationAccuracy: 1, createdAt: 1 },
    calibration: { unknownBelow: 0, scale: 1, mix: { slope: 1, offset: 0 } },
  });
  for (const i of range(COUNT)) {
    const [support, kind] = [`support ${i}`, 'novel' as const];
    await db.insert(schema.classes).values({
      ...{ id: `id ${i}`, project, name: `class ${i}`, kind, support, examples: 1 },
      // Several come in one revision, and the third is gone again.
      ...{ addedIn: 1 + Math.floor(i / 4), removedIn: i === 2 ? 3 : null },
    });
    // The fifth and the last are not embedded.
    if (i === 4 || i === COUNT - 1) continue;
    const [sum, rows] = [new Uint8Array(SUM).fill(i), new Uint8Array(ROWS).fill(i)];
    await db
      .insert(schema.embeddings)
      .values({ project, version: 1, support, count: 1, sum, rows });
  }
}, START_MS);

afterAll(() => miniflare.dispose());

test.each(['sum', 'rows'] as const)('with %s, in the order in which they came', async (reads) => {
  const read = (pageBytes?: number) =>
    classesChanged(db, project, 1, { after: 0, upTo: 3 }, reads, pageBytes);
  const whole = await read();
  const expected = range(COUNT).filter((i) => i !== 2);
  expect(whole.came.map(({ id }) => id)).toEqual(expected.map((i) => `id ${i}`));
  for (const [at, { sum, rows, count }] of whole.came.entries()) {
    const i = expected[at]!;
    if (i === 4 || i === COUNT - 1) expect([sum.length, count]).toEqual([0, null]);
    else {
      expect([...sum]).toEqual(Array(SUM).fill(i));
      expect(rows === null ? null : [...rows]).toEqual(
        reads === 'rows' ? Array(ROWS).fill(i) : null,
      );
    }
  }
  const each = reads === 'rows' ? SUM + ROWS : SUM;
  for (const pageBytes of [each, each + 1, 3 * each, 9 * each, 10 * each])
    expect(await read(pageBytes)).toEqual(whole);
});

test('what went between two revisions, and what came meanwhile', async () => {
  const { gone, came } = await classesChanged(db, project, 1, { after: 1, upTo: 3 }, 'sum', SUM);
  expect(gone).toEqual(['id 2']);
  expect(came.map(({ id }) => id)).toEqual(range(8).map((i) => `id ${i + 4}`));
});
