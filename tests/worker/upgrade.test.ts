/** An edge that was stopped, upgraded, and started again on its own disk. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import type { Answer } from '../../shared/api/schemas/answers.ts';
import { startTestEdge, type TestEdge } from '../kit/edge.ts';
import { getProject, liveToyProject } from '../kit/project.ts';
import { asPixels, asTensor, BASE_SHAPES, drawings } from '../kit/shapes.ts';

const folder = mkdtempSync(join(tmpdir(), 'shoal-upgrade-'));
let edge: TestEdge | undefined;

afterAll(async () => {
  await edge?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const params = { project: 'reef' };
const classify = (shape: 'ring' | 'disc'): Promise<Answer> =>
  edge!.admin.call('classify', {
    params,
    ...{ bytes: asTensor(drawings(shape, 1, 5)[0]!), type: 'application/x-tensor' },
    query: { top: 100, explain: 1 },
  });

/** Runs statements on the edge's D1, while the edge stands still. */
function onDisk(...statements: string[]): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const databases = files
    .filter((file) => file.endsWith('.sqlite') && !file.endsWith('metadata.sqlite'))
    .map((file) => new DatabaseSync(join(folder, file)))
    .filter((one) => one.prepare(`select 1 from sqlite_master where name = 'embeddings'`).get());
  expect(databases).toHaveLength(1);
  for (const statement of statements) databases[0]!.exec(statement);
  databases[0]!.close();
}

test('classes without an embedding, and a plan without newer settings, are answered as before', async () => {
  edge = await startTestEdge(folder);
  await liveToyProject(edge, 'reef');
  const examples = drawings('ring', 5, 3).map(asPixels);
  await edge.admin.call('addClass', { params, json: { name: 'ring', examples } });
  const before = [await classify('ring'), await classify('disc')];
  await edge.stop();

  onDisk(
    'delete from embeddings',
    `update projects set plan = json_remove(plan, '$.head', '$.answers')`,
  );

  edge = await startTestEdge(folder);
  const after = [await classify('ring'), await classify('disc')];
  expect(after.map(({ label }) => label)).toEqual(['ring', 'disc']);
  after.forEach(({ classes, nearest }, i) => {
    expect(classes).toHaveLength(BASE_SHAPES.length + 1);
    classes.forEach((one, k) => {
      expect(one.name).toBe(before[i]!.classes[k]!.name);
      expect(one.similarity).toBeCloseTo(before[i]!.classes[k]!.similarity, 4);
    });
    expect(nearest![0]!.name).toBe(before[i]!.nearest![0]!.name);
  });
  const [listed] = await edge.anyone.call('listProjects');
  for (const { plan } of [(await getProject(edge.anyone, 'reef')).project, listed!])
    expect([plan.head, plan.answers.falseAccept]).toEqual(['prototype', expect.any(Number)]);
}, 240_000);
