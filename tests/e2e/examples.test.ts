/** The examples that people copy, as they are, each against a real edge. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../../client/cli/edge/build.ts';
import type * as Sdk from '../../client/sdk/index.ts';
import { Tab, useBrowser } from '../kit/browser.ts';
import { useEdge } from '../kit/edge.ts';
import { draw } from '../kit/pages.ts';
import { liveToyProject } from '../kit/project.ts';
import { asFile, drawings } from '../kit/shapes.ts';

const EXAMPLES = join(ROOT, 'client/examples');
const PROJECT = 'examples';
const edge = useEdge();
const browser = useBrowser();
const folder = mkdtempSync(join(tmpdir(), 'shoal-examples-'));
const run = promisify(execFile);

beforeAll(async () => {
  await liveToyProject(edge.current, PROJECT, { server: { warmupSteps: 60, steps: 5, batch: 8 } });
  for (const shape of ['disc', 'ring'] as const)
    for (const [i, drawing] of drawings(shape, 5, 7).entries())
      writeFileSync(join(folder, `${shape}-${i}.png`), await asFile(drawing, 'png'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const place = () => ({
  ...process.env,
  SHOAL_ORIGIN: edge.current.origin,
  SHOAL_PROJECT: PROJECT,
});

test('a Node script asks what is in a file', async () => {
  const script = join(EXAMPLES, 'classify.mjs');
  const args = [script, 'disc-0.png', 'disc-1.png'];
  const { stdout } = await run(process.execPath, args, { cwd: folder, env: place() });
  expect(stdout).toMatch(/^disc-0\.png: disc \(\d+\.\d %\)\ndisc-1\.png: disc \(\d+\.\d %\)\n$/);

  const env = { ...place(), SHOAL_PROJECT: 'nowhere' };
  const failed = await run(process.execPath, args, { cwd: folder, env }).catch((e: unknown) => e);
  expect(failed).toMatchObject({ code: 1, stdout: '' });
  expect((failed as { stderr: string }).stderr).toContain('GET /v1/projects lists what is there');
});

test('curl asks, adds a class, and is answered with it', async () => {
  const examples = [1, 2, 3, 4].map((i) => `ring-${i}.png`);
  const env = { ...place(), SHOAL_KEY: edge.current.adminToken };
  const script = join(EXAMPLES, 'curl.sh');
  const { stdout } = await run('sh', [script, 'ring-0.png', 'ring', ...examples], {
    ...{ cwd: folder, env },
  });
  const lines = stdout.trim().split('\n');
  const [before, added, after] = lines.map((line) => JSON.parse(line));
  expect(before.classes[0].name).not.toBe('ring');
  expect(added).toMatchObject({ name: 'ring', examples: 4, revision: before.revision + 1 });
  expect(after).toMatchObject({ label: 'ring', revision: added.revision });
});

test('a plain page of another site draws and asks, once the project names that site', async () => {
  const site = await serveFolder(EXAMPLES);
  const url = `${site}/page.html?edge=${edge.current.origin}&project=${PROJECT}`;
  const params = { project: PROJECT };
  const open = async () => {
    const tab = await Tab.open(browser, url);
    await tab.page.locator('[data-ready]').waitFor();
    return tab;
  };
  const sheet = (tab: Tab) => tab.page.getByRole('img', { name: 'Draw here' });
  const said = (tab: Tab) => tab.page.locator('output');

  const stranger = await open();
  await draw(sheet(stranger), [LEVEL]);
  await expect.poll(() => said(stranger).textContent(), LONG).toContain('does not answer');
  await stranger.close();

  await edge.current.admin.call('changeSettings', { params, json: { origins: [site] } });
  // Settings hold everywhere within 3 seconds.
  await expect
    .poll(async () => {
      const headers = { origin: site };
      const { project } = params;
      const at = `${edge.current.origin}/v1/projects/${project}/classes`;
      return (await fetch(at, { headers })).headers.get('access-control-allow-origin');
    }, LONG)
    .toBe(site);
  const tab = await open();
  await draw(sheet(tab), [LEVEL]);
  await expect.poll(() => said(tab).textContent(), LONG).toMatch(/^level \(\d+ %\)$/);
  await tab.page.getByRole('button', { name: 'Clear' }).click();
  expect(await said(tab).textContent()).toBe('');
  await tab.page.locator('input').setInputFiles(join(folder, 'disc-2.png'));
  await expect.poll(() => said(tab).textContent(), LONG).toMatch(/^disc \(\d+ %\)$/);
  await tab.page.locator('input').setInputFiles(join(EXAMPLES, 'page.html'));
  await expect.poll(() => said(tab).textContent(), LONG).toContain('no PNG, JPEG or WebP file');
  expect(tab.complaints).toEqual([]);
  await tab.close();
});

test('such a page can lend its visitors’ tabs too: all that takes comes from the edge', async () => {
  const site = await serveFolder(EXAMPLES);
  const project = 'lent';
  await liveToyProject(edge.current, project, {
    round: { goal: 1, minimum: 1, deadlineSeconds: 240 },
    // Every image is worth learning from, whatever the server has learnt.
    objective: { id: 'simclr' },
  });
  const { admin, origin } = edge.current;
  await admin.call('changeSettings', { params: { project }, json: { origins: [site] } });
  await admin.call('startTraining', { params: { project }, json: { rounds: 1 } });
  const tab = await Tab.open(browser, `${site}/page.html?edge=${origin}&project=${project}`);
  const files = ['disc', 'ring'].flatMap((shape) =>
    [0, 1, 2, 3, 4].map((i) => readFileSync(join(folder, `${shape}-${i}.png`)).toString('base64')),
  );
  const content = `import * as sdk from '${origin}/sdk.js'; window.sdk = sdk;`;
  await tab.page.addScriptTag({ type: 'module', content });
  await tab.page.waitForFunction(() => 'sdk' in window);
  const sent = await tab.page.evaluate(lend, { origin, project, files });
  expect(sent).toMatchObject({ kind: 'sent', round: 1, images: expect.any(Number) });
  const params = { project };
  const rounds = () => edge.current.anyone.call('listRounds', { params });
  await expect.poll(rounds, LONG).toMatchObject([{ number: 1, accepted: 1 }]);
  expect(tab.complaints).toEqual([]);
  await tab.close();
});

/** Runs in the page. @returns the event that says what was sent */
async function lend(given: { origin: string; project: string; files: string[] }) {
  const { Shoal } = (window as unknown as { sdk: typeof Sdk }).sdk;
  const fetched = given.files.map(async (file) => {
    const response = await fetch(`data:image/png;base64,${file}`);
    return response.blob();
  });
  const images = await Promise.all(fetched);
  const stop = new AbortController();
  const { origin, project } = given;
  return new Promise<unknown>((resolve, reject) => {
    const onEvent = (event: Sdk.ContributionEvent) => {
      if (event.kind === 'failed') reject(event.error);
      if (event.kind === 'declined' || event.kind === 'closed') reject(new Error(event.reason));
      if (event.kind !== 'sent') return;
      stop.abort();
      resolve(event);
    };
    new Shoal({ origin, project })
      .contribute({ images, backend: 'wasm', signal: stop.signal, onEvent })
      .then(({ done }) => done)
      .catch(reject);
  });
}

const LONG = { timeout: 60_000 };
const LEVEL = [
  [0.15, 0.5],
  [0.85, 0.5],
] as const;

/** Another site than the edge: another port is another origin. */
async function serveFolder(from: string): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    const file = join(from, new URL(url, 'http://x').pathname);
    response.setHeader('content-type', 'text/html');
    if (file.endsWith('.html')) response.end(readFileSync(file));
    else response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
