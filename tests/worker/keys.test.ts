/** Keys of apps and admins: told once, kept as hashes, no more than they were given. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedKey, KeyInfo, NewKey } from '../../shared/api/schemas/keys.ts';
import { spend } from '../../worker/access/day.ts';
import { beyond, type Scope } from '../../worker/access/scope.ts';
import { START_MS, startTestEdge, type TestEdge } from '../kit/edge.ts';
import { createKey, timeIs } from '../kit/keys.ts';
import { newToyProject } from '../kit/project.ts';
import { ask, type Ask } from '../kit/request.ts';
import { asTensor, drawings } from '../kit/shapes.ts';

const folder = mkdtempSync(join(tmpdir(), 'shoal-keys-'));
let edge: TestEdge;

beforeAll(async () => {
  edge = await startTestEdge(folder);
  for (const id of ['reef', 'atoll'])
    await edge.admin.call('createProject', { json: newToyProject(id) });
}, START_MS);
afterAll(async () => {
  await edge?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const list = async (token: string) => {
  const { text, status } = await ask(edge.origin, 'listKeys', { token });
  expect(status).toBe(200);
  return JSON.parse(text) as KeyInfo[];
};
const make = (token: string, json: Partial<NewKey>) =>
  ask(edge.origin, 'createKey', { token, json: { name: 'made', role: 'app', ...json } });
const codeOf = async (name: Parameters<typeof ask>[1], options: Ask) =>
  (await ask(edge.origin, name, options)).problem.code;

/** Whether these bytes are in any file of the edge's. */
function isOnDisk(text: string): boolean {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => statSync(file).isFile());
  return files.some((file) => readFileSync(file).includes(text));
}

describe('a key', () => {
  test('is told once, opens what it is for at once, and is listed by its prefix', async () => {
    const json: NewKey = { name: ' ward 7 ', role: 'admin', verbs: ['keys', 'audit'] };
    const { key, ...info } = await edge.admin.call('createKey', { json });
    expect(key).toMatch(new RegExp(`^shoal_${info.prefix}_[\\w-]{43}$`));
    expect(info).toMatchObject({ name: 'ward 7', project: null, revokedAt: null, expiresAt: null });
    const listed = await list(key);
    expect(listed[0]).toEqual(info);
    expect(JSON.stringify(listed)).not.toContain(key.slice(-43));
  });

  test('is on disk by its hash only', async () => {
    const { key, prefix } = await createKey(edge);
    await list(key);
    expect(isOnDisk(prefix)).toBe(true);
    expect(isOnDisk(key.slice(-43))).toBe(false);
  });

  test('that was revoked opens nothing, the very next request', async () => {
    const { key, prefix } = await createKey(edge);
    await list(key);
    const gone = await edge.admin.call('revokeKey', { params: { key: prefix } });
    expect(gone.revokedAt).toEqual(expect.any(Number));
    expect(await codeOf('listKeys', { token: key })).toBe(206);
    // Once more changes nothing.
    expect(await edge.admin.call('revokeKey', { params: { key: prefix } })).toEqual(gone);
  });

  test('that has expired opens nothing', async () => {
    const expiresAt = Date.now() + 1000;
    const { key } = await createKey(edge, { expiresAt });
    await timeIs(expiresAt);
    expect(await codeOf('listKeys', { token: key })).toBe(205);
  });

  test('with one letter changed is none', async () => {
    const { key } = await createKey(edge);
    const last = key.at(-1) === 'A' ? 'B' : 'A';
    for (const token of [key.slice(0, -1) + last, key.slice(0, -1), `${key}A`, key.slice(6)])
      expect(await codeOf('listKeys', { token })).toBe(202);
  });

  test('that is not there cannot be revoked: 211', async () => {
    const options = { params: { key: '0'.repeat(12) }, token: edge.adminToken };
    expect(await codeOf('revokeKey', options)).toBe(211);
  });

  test.each([
    ['a verb that apps do not have', { role: 'app', verbs: ['classes'] }, /verbs/],
    ['no verb at all', { role: 'admin', verbs: [] }, /verbs/],
    ['a verb that there is not', { role: 'admin', verbs: ['everything'] }, /verbs/],
    ['an end that has passed', { expiresAt: 1 }, /expiresAt/],
    ['no request a day', { dailyQuota: 0 }, /dailyQuota/],
    ['no name', { name: ' ' }, /name/],
    ['a role that there is not', { role: 'root' }, /role/],
    ['what no key has', { owner: true }, /owner/],
  ])('101: is not made with %s', async (_, change, detail) => {
    const { problem } = await make(edge.adminToken, change as Partial<NewKey>);
    expect(problem).toMatchObject({ code: 101, detail: expect.stringMatching(detail) });
  });

  test('301: is not made for a project that is not there', async () => {
    expect((await make(edge.adminToken, { project: 'none' })).problem.code).toBe(301);
  });
});

describe('a key that makes keys', () => {
  const narrow: Scope = {
    ...{ role: 'admin', project: 'reef', verbs: ['keys', 'classes', 'classify'] },
    ...{ dailyQuota: 100, expiresAt: 2000 },
  };
  const same = { ...narrow };
  const wide: Scope = {
    ...{ role: 'admin', project: null, verbs: null, dailyQuota: null, expiresAt: null },
  };

  test.each<[string, Scope, Scope, RegExp | null]>([
    ['itself', narrow, same, null],
    ['less', narrow, { ...same, verbs: ['keys'], dailyQuota: 1, expiresAt: 1 }, null],
    ['an app’s of its verbs', narrow, { ...same, role: 'app', verbs: ['classify'] }, null],
    ['anything, without limits', wide, narrow, null],
    ['its like, without limits', wide, wide, null],
    ['all projects', narrow, { ...same, project: null }, /^project/],
    ['another project', narrow, { ...same, project: 'atoll' }, /^project/],
    ['another verb', narrow, { ...same, verbs: ['keys', 'audit'] }, /^verbs.* audit$/],
    ['every verb', narrow, { ...same, verbs: null }, /^verbs/],
    ['every verb of apps', narrow, { ...same, role: 'app', verbs: null }, /^verbs.* embed$/],
    ['a larger day', narrow, { ...same, dailyQuota: 101 }, /^dailyQuota/],
    ['an endless day', narrow, { ...same, dailyQuota: null }, /^dailyQuota/],
    ['a longer life', narrow, { ...same, expiresAt: 2001 }, /^expiresAt/],
    ['an endless life', narrow, { ...same, expiresAt: null }, /^expiresAt/],
  ])('reaches %s, or not', (_, holder, wanted, why) => {
    const beyondIt = beyond(holder, wanted);
    if (why === null) expect(beyondIt).toBeNull();
    else expect(beyondIt).toMatch(why);
  });

  test('makes, sees and revokes within its project only', async () => {
    const { key } = await createKey(edge, { project: 'reef' });
    const made = await make(key, { project: 'reef' });
    expect(made.status).toBe(201);
    const { prefix } = JSON.parse(made.text) as CreatedKey;
    expect((await list(key)).every(({ project }) => project === 'reef')).toBe(true);
    expect(await codeOf('revokeKey', { token: key, params: { key: prefix } })).toBeUndefined();

    expect((await make(key, { project: 'atoll' })).problem.code).toBe(210);
    expect((await make(key, {})).problem.code).toBe(210);
    const other = await createKey(edge, { project: 'atoll' });
    expect(await codeOf('revokeKey', { token: key, params: { key: other.prefix } })).toBe(210);
    expect(
      (await list(edge.adminToken)).find((one) => one.prefix === other.prefix)?.revokedAt,
    ).toBe(null);
  });
});

describe('a day’s quota', () => {
  const classify = (token: string) =>
    ask(edge.origin, 'classify', {
      ...{ params: { project: 'reef' }, token, type: 'application/x-tensor' },
      body: asTensor(drawings('disc', 1, 1)[0]!),
    });

  test('is counted exactly, however many come at once', async () => {
    const { key, prefix } = await createKey(edge, { role: 'app', dailyQuota: 7 });
    const replies = await Promise.all(Array.from({ length: 20 }, () => classify(key)));
    const refused = replies.filter(({ problem }) => problem.code === 209);
    expect(refused).toHaveLength(13);
    const { problem, headers } = refused[0]!;
    expect(problem.detail).toContain(`${prefix} may make 7 requests a day`);
    expect(Number(headers.get('retry-after'))).toBe(problem.retryAfter);
    expect(problem.retryAfter).toBeGreaterThan(0);
    expect(problem.retryAfter).toBeLessThanOrEqual(86_400);
  });

  test('begins anew with the day', () => {
    expect(spend(undefined, 5, 2)).toEqual({ day: 5, count: 1 });
    expect(spend({ day: 5, count: 1 }, 5, 2)).toEqual({ day: 5, count: 2 });
    expect(spend({ day: 5, count: 2 }, 5, 2)).toBeNull();
    expect(spend({ day: 5, count: 2 }, 6, 2)).toEqual({ day: 6, count: 1 });
  });
});

describe('the setup token', () => {
  const exchange = (token: string) => ask(edge.origin, 'createFirstKey', { json: { token } });

  test('216: another opens nothing, nor does the edge’s own secret', async () => {
    for (const token of ['setup_wrong', `${edge.setupToken}x`, edge.adminToken, ''])
      expect((await exchange(token)).problem.code).toBe(216);
  });

  test('gives one admin key, once, however often it is sent', async () => {
    const replies = await Promise.all(Array.from({ length: 6 }, () => exchange(edge.setupToken)));
    const made = replies.filter(({ status }) => status === 201);
    expect(made).toHaveLength(1);
    expect(replies.filter(({ problem }) => problem.code === 216)).toHaveLength(5);
    const { key, ...info } = JSON.parse(made[0]!.text) as CreatedKey;
    expect(info).toMatchObject({ role: 'admin', project: null, verbs: null, expiresAt: null });
    expect((await list(key))[0]).toEqual(info);
  });

  test(
    'does not open it again after its key was revoked, nor after a restart',
    async () => {
      const first = (await list(edge.adminToken)).find(({ name }) => name === 'first admin')!;
      await edge.admin.call('revokeKey', { params: { key: first.prefix } });
      expect((await exchange(edge.setupToken)).problem.code).toBe(216);
      const { setupToken } = edge;
      await edge.stop();
      edge = await startTestEdge(folder);
      expect(edge.setupToken).toBe(setupToken);
      expect((await exchange(setupToken)).problem.detail).toContain('before');
    },
    START_MS,
  );
});
