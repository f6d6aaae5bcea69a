/** The log of what admins did. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../shared/api/schemas/audit.ts';
import { useEdge } from '../kit/edge.ts';
import { createKey } from '../kit/keys.ts';
import { newToyProject } from '../kit/project.ts';
import { ask, type Ask } from '../kit/request.ts';

const edge = useEdge();
const params = { project: 'reef' };

beforeAll(async () => {
  for (const id of ['reef', 'atoll'])
    await edge.current.admin.call('createProject', { json: newToyProject(id) });
});

async function read(query = '', token = edge.current.adminToken): Promise<AuditEntry[]> {
  const { status, text } = await ask(edge.current.origin, 'listAudit', { token, query });
  expect([status, text]).toEqual([200, expect.any(String)]);
  return JSON.parse(text) as AuditEntry[];
}
const act = (name: Parameters<typeof ask>[1], options: Ask) =>
  ask(edge.current.origin, name, options);

describe('the audit log', () => {
  test('has who did what to which, with the id that the reply had', async () => {
    const { key, prefix } = await createKey(edge.current);
    const { headers } = await act('stopTraining', { params, token: key });
    const [entry] = await read();
    expect(entry).toEqual({
      ...{ id: expect.any(Number), at: expect.any(Number), actor: prefix, act: 'stopTraining' },
      ...{ project: 'reef', subject: '/v1/projects/reef/training', status: 202 },
      request: headers.get('x-request-id'),
    });
    expect(Math.abs(entry!.at - Date.now())).toBeLessThan(60_000);
  });

  test('has what the edge’s own secret did, and the exchange of the setup token', async () => {
    await act('stopTraining', { params, token: edge.current.adminToken });
    await act('createFirstKey', { json: { token: edge.current.setupToken } });
    expect(await read('?limit=2')).toMatchObject([
      { actor: 'setup', act: 'createFirstKey', status: 201, project: null },
      { actor: 'root', act: 'stopTraining', status: 202 },
    ]);
  });

  test('has what a known admin tried and was refused', async () => {
    const { key, prefix } = await createKey(edge.current, { verbs: ['classes', 'keys'] });
    await act('stopTraining', { params, token: key });
    await act('revokeKey', { params: { key: 'none' }, token: key });
    await act('addClass', { params, token: key, body: 'no JSON' });
    expect(await read('?limit=3')).toMatchObject([
      { actor: prefix, act: 'addClass', status: 400 },
      { actor: prefix, act: 'revokeKey', subject: '/v1/keys/none', status: 404, project: null },
      { actor: prefix, act: 'stopTraining', status: 403 },
    ]);
  });

  test('has nothing of who only reads, and nothing of strangers', async () => {
    const before = await read();
    await act('listKeys', { token: edge.current.adminToken });
    await act('getSettings', { params, token: edge.current.adminToken });
    await act('stopTraining', { params, token: 'a stranger' });
    await act('stopTraining', { params });
    await act('join', { params });
    expect(await read()).toEqual(before);
  });

  test('is read by project, a page at a time, newest first', async () => {
    const stop = (project: string) =>
      act('stopTraining', { params: { project }, token: edge.current.adminToken });
    for (const project of ['atoll', 'reef', 'atoll']) await stop(project);
    const ofAtoll = await read('?project=atoll');
    expect(ofAtoll.every(({ project }) => project === 'atoll')).toBe(true);
    expect(ofAtoll.length).toBeGreaterThanOrEqual(2);
    const all = await read();
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toSorted((a, b) => b - a));
    const pages: AuditEntry[] = [];
    for (let before = ''; ; before = `&before=${pages.at(-1)!.id}`) {
      const page = await read(`?limit=3${before}`);
      pages.push(...page);
      if (page.length < 3) break;
    }
    expect(pages).toEqual(all);
  });

  test('shows a key of one project that project’s only', async () => {
    const { key } = await createKey(edge.current, { project: 'atoll', verbs: ['audit'] });
    const seen = await read('', key);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every(({ project }) => project === 'atoll')).toBe(true);
    const { problem } = await act('listAudit', { token: key, query: '?project=reef' });
    expect(problem.code).toBe(207);
  });

  test.each(['?limit=0', '?limit=1001', '?before=x', '?project=A'])('101: %s', async (query) => {
    const { problem } = await act('listAudit', { token: edge.current.adminToken, query });
    expect(problem.code).toBe(101);
  });
});
