/** Pages of other sites, in a real browser: which may call a project's routes, and what they may read. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Tab, useBrowser } from '../kit/browser.ts';
import { useEdge } from '../kit/edge.ts';
import { createKey } from '../kit/keys.ts';
import { liveToyProject, newToyProject } from '../kit/project.ts';
import { asTensor, drawings } from '../kit/shapes.ts';

const edge = useEdge();
const browser = useBrowser();
const sites: Server[] = [];
let friend: Tab;
let stranger: Tab;
let key: string;
let weights: string;

/** A page on an origin of its own. */
async function visit(): Promise<Tab> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>another site</title>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  sites.push(server);
  return Tab.open(browser, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

beforeAll(async () => {
  const { project } = await liveToyProject(edge.current, 'reef');
  weights = project.live!.weights;
  [friend, stranger] = [await visit(), await visit()];
  const origins = [new URL(friend.page.url()).origin];
  const params = { project: 'reef' };
  await edge.current.admin.call('changeSettings', { params, json: { origins } });
  ({ key } = await createKey(edge.current, { role: 'app', project: 'reef' }));
});
afterAll(async () => {
  await Promise.all([friend?.close(), stranger?.close()]);
  for (const site of sites) site.close();
});

type Call = {
  path: string;
  method?: string;
  token?: string;
  tensor?: number[];
  headers?: Record<string, string>;
};
type Seen = { status: number; body: string; id: string | null } | 'blocked';

/** What a script on the page gets to see of a reply. */
function call(
  { page }: Tab,
  { path, method = 'GET', token, tensor, headers = {} }: Call,
): Promise<Seen> {
  const url = edge.current.origin + path;
  const wanted = { url, method, token, tensor, headers };
  return page.evaluate(
    async ({ url: at, method: how, token: shown, tensor: numbers, headers: more }) => {
      const sent = {
        ...more,
        ...(shown ? { authorization: `Bearer ${shown}` } : {}),
        ...(numbers ? { 'content-type': 'application/x-tensor' } : {}),
      };
      const body = numbers ? new Uint8Array(numbers) : null;
      try {
        const reply = await fetch(at, { method: how, headers: sent, body });
        const id = reply.headers.get('x-request-id');
        return { status: reply.status, body: await reply.text(), id };
      } catch {
        return 'blocked' as const;
      }
    },
    wanted,
  );
}

const tensor = () => [...asTensor(drawings('disc', 1, 1)[0]!)];
const classify = (token?: string): Call => ({
  ...{ path: '/v1/projects/reef/classify', method: 'POST', tensor: tensor() },
  ...(token === undefined ? {} : { token }),
});

describe('a site that the project names', () => {
  test('classifies with a key in the Authorization header', async () => {
    const seen = await call(friend, classify(key));
    expect(seen).toMatchObject({ status: 200, body: expect.stringContaining('"label"') });
    expect(seen).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  test('reads refusals too', async () => {
    const seen = await call(friend, classify('wrong'));
    expect(seen).toMatchObject({ status: 401, body: expect.stringContaining('"code":202') });
  });

  test('reaches every method of the project’s routes', async () => {
    const { key: admin } = await createKey(edge.current, { project: 'reef' });
    const at = { path: '/v1/projects/reef/training', method: 'DELETE', token: admin };
    expect(await call(friend, at)).toMatchObject({ status: 202 });
    const settings = { path: '/v1/projects/reef/settings', method: 'GET', token: admin };
    expect(await call(friend, settings)).toMatchObject({ status: 200 });
  });

  test('fetches weights, with a ticket shown as a volunteer does', async () => {
    const seen = await call(friend, { path: `/v1/weights/${weights}`, token: 'any' });
    expect(seen).toMatchObject({ status: 200 });
  });

  test('may not read what is of no project, nor another project, nor a page', async () => {
    const { admin, adminToken } = edge.current;
    await admin.call('createProject', { json: newToyProject('atoll') });
    for (const path of ['/v1/projects/atoll', '/v1/projects', '/v1/keys', '/admin', '/docs'])
      expect([path, await call(friend, { path })]).toEqual([path, 'blocked']);
    expect(await call(friend, { path: '/v1/keys', token: adminToken })).toBe('blocked');
  });
});

describe('a site that the project does not name', () => {
  test('may not read a reply, with a key or without', async () => {
    expect(await call(stranger, classify())).toBe('blocked');
    expect(await call(stranger, classify(key))).toBe('blocked');
    expect(await call(stranger, { path: '/v1/projects/reef' })).toBe('blocked');
  });

  test('may once the project lets everybody, and not any more when it is taken back', async () => {
    const params = { project: 'reef' };
    await edge.current.admin.call('changeSettings', { params, json: { origins: ['*'] } });
    expect(await call(stranger, classify(key))).toMatchObject({ status: 200 });
    await edge.current.admin.call('changeSettings', { params, json: { origins: [] } });
    expect(await call(stranger, { path: '/v1/projects/reef' })).toBe('blocked');
  });
});

test('a page of the edge’s own needs no leave', async () => {
  const own = await Tab.open(browser, `${edge.current.origin}/docs`);
  expect(await call(own, classify())).toMatchObject({ status: 200 });
  await own.close();
});
