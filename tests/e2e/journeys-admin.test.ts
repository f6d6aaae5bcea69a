/** What an admin does with classes, keys and settings from the page, and what a visitor notices of it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { Tab, useBrowser } from '../kit/browser.ts';
import { useEdge } from '../kit/edge.ts';
import * as visit from '../kit/pages.ts';
import { button, type PickedFile } from '../kit/pages.ts';
import { liveToyProject } from '../kit/project.ts';
import { asFile, asPixels, drawings, type Shape } from '../kit/shapes.ts';

const edge = useEdge();
const browser = useBrowser();

/** Enough for the four shapes to be told apart. */
const PLAN = { server: { warmupSteps: 40 } };

function filesOf(shape: Shape, count: number, seed: number): Promise<PickedFile[]> {
  return Promise.all(
    drawings(shape, count, seed).map(async (drawing, i) => ({
      name: `${shape}-${seed}-${i}.png`,
      mimeType: 'image/png',
      buffer: Buffer.from(await asFile(drawing, 'png')),
    })),
  );
}

async function check(tab: Tab, name: string, expected?: RegExp): Promise<void> {
  await tab.screenshot(name);
  expect(await visit.nameless(tab.page)).toEqual([]);
  expect(tab.complaints.filter((text) => !expected?.test(text))).toEqual([]);
}

const namesOf = async (project: string) => {
  const classes = await edge.current.anyone.call('listClasses', { params: { project } });
  return classes.filter(({ kind }) => kind === 'novel').map(({ name }) => name);
};

/** The line at the foot of the section that says what was just done. */
const outcome = (page: Page, text: string) => page.locator('.outcome').getByText(text);

describe('an admin who adds a class', () => {
  const project = 'desk';

  test('sees which example is bad, removes it, renames, merges, and takes changes back', async () => {
    await liveToyProject(edge.current, project, PLAN);
    const examples = drawings('corner', 3, 1).map(asPixels);
    const params = { project };
    await edge.current.admin.call('addClass', { params, json: { name: 'corner', examples } });
    const { origin, adminToken } = edge.current;
    const tab = await visit.administrate({ browser, origin, project }, adminToken, 'classes');
    const { page } = tab;

    await page.getByText('Add a class').click();
    const files = [...(await filesOf('ring', 5, 1)), ...(await filesOf('upright', 1, 9))];
    await visit.pick(button(page, 'Add image files'), files);
    await page.getByText('6 examples').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('ring');
    await button(page, 'Teach').click();
    await outcome(page, '“ring” is known now.').waitFor();
    await page.getByRole('heading', { name: 'ring', exact: true }).waitFor();
    await page.getByText('1 example looks out of place').waitFor();
    await page.getByText(/Example 6: closer to “\w+” by/).waitFor();
    await page.getByRole('img', { name: 'Example 6' }).first().waitFor();
    await check(tab, 'class-bad-example');

    await button(page, 'Remove example 6').first().click();
    await outcome(page, 'Example 6 of “ring” was removed.').waitFor();
    await page.getByText('No example looks out of place.').waitFor();

    await page.getByLabel('New name').fill('hoop');
    await button(page, 'Rename').click();
    await outcome(page, '“ring” is called “hoop” now.').waitFor();
    await page.getByRole('heading', { name: 'hoop', exact: true }).waitFor();
    await page.getByText('5 examples').waitFor();

    await page.getByLabel('Take over all examples of').selectOption('corner');
    await button(page, 'Merge').click();
    await page.getByRole('heading', { name: 'Merge “corner” into “hoop”?' }).waitFor();
    await button(page.getByRole('dialog'), 'Merge').click();
    await outcome(page, '“corner” is part of “hoop” now.').waitFor();
    await page.getByText('8 examples').waitFor();
    expect(await namesOf(project)).toEqual(['hoop']);

    await button(page, 'Undo').click();
    await outcome(page, 'Taken back: Merged: corner → hoop').waitFor();
    await page.getByText('5 examples').waitFor();
    expect((await namesOf(project)).toSorted()).toEqual(['corner', 'hoop']);

    await button(page, 'Remove the class').click();
    await button(page.getByRole('dialog'), 'Remove').click();
    await outcome(page, '“hoop” was removed.').waitFor();
    const history = page.getByRole('region', { name: 'History' });
    await history.getByText('Class removed: hoop').waitFor();
    await button(history, 'Undo').click();
    await page.getByText('hoop: comes back with all of its examples.').waitFor();
    await button(page.getByRole('dialog'), 'Undo').click();
    await history.getByText('Taken back: revision').first().waitFor();
    expect((await namesOf(project)).toSorted()).toEqual(['corner', 'hoop']);

    // A link leads to the class, and Back leads out of it.
    await page.getByRole('link', { name: 'hoop' }).click();
    await page.getByText('5 examples').waitFor();
    expect(new URL(page.url()).hash).toBe('#classes/hoop');
    await page.goBack();
    await page.getByRole('heading', { name: 'History' }).waitFor();
    await check(tab, 'class-history');
    await tab.close();
  });

  test('lets a visitor of the playground see why it is the answer', async () => {
    const tab = await Tab.open(browser, `${edge.current.origin}/playground?project=${project}`);
    const { page } = tab;
    await visit.pick(button(page, 'Choose an image'), await filesOf('ring', 1, 5));
    await page.getByText('This looks like “hoop”').waitFor();
    await page.getByRole('heading', { name: 'Because it looks like these' }).waitFor();
    await page
      .getByText(/“hoop”, example \d/)
      .first()
      .waitFor();
    await page.getByText('Ask this from your own program').click();
    const script = await page.getByRole('region', { name: 'JavaScript' }).innerText();
    // The request as the page shows it is one that works as it stands.
    const [, url, headers, body] =
      /fetch\('(.+?)', \{\s+method: 'POST',\s+headers: (.+?),\s+body: '(.+?)'/.exec(script)!;
    const init = { method: 'POST', headers: JSON.parse(headers!) as HeadersInit, body: body! };
    const reply = (await (await fetch(url!, init)).json()) as { label: string };
    expect(reply.label).toBe('hoop');
    await check(tab, 'playground-because');
    await tab.close();
  });
});

describe('an admin who brings a model along', () => {
  const project = 'models';

  test('has it judged, tries it on some requests, compares it, and makes it live', async () => {
    await liveToyProject(edge.current, project, PLAN);
    const params = { project, version: '1' };
    const exported = await edge.current.anyone.fetch('exportSafetensors', { params });
    const buffer = Buffer.from(await exported.arrayBuffer());
    const { origin, adminToken } = edge.current;
    const tab = await visit.administrate({ browser, origin, project }, adminToken, 'versions');
    const { page } = tab;
    const file = { name: 'model.safetensors', mimeType: 'application/octet-stream', buffer };
    await visit.pick(button(page, 'Choose a file'), [file]);
    await page.getByText('It is version 2 now.').waitFor();
    await visit.row(page, 'Versions', 2).getByText('imported').waitFor();

    const canary = page.getByRole('region', { name: 'Canary' });
    await canary.getByLabel('Version').selectOption('2');
    await canary.getByLabel('Share of the requests').selectOption('0.5');
    await button(canary, 'Begin').click();
    await canary.getByText('Version 2 answers 50% of the requests').waitFor();
    await check(tab, 'versions-canary', visit.NO_CANARY);
    await button(canary, 'End it').click();
    await button(canary, 'Begin').waitFor();

    await page.getByRole('link', { name: '2', exact: true }).click();
    await page.getByRole('heading', { name: 'Version 2' }).waitFor();
    await page.getByText('Calibration error').waitFor();
    await button(page, 'Compare').click();
    await page.getByText('Same answer').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'safetensors' }).click(),
    ]);
    expect(readFileSync(await download.path()).byteLength).toBeGreaterThan(buffer.byteLength / 2);
    await button(page, 'Make live').click();
    await button(page.getByRole('dialog'), 'Make live').click();
    await page.locator('.tags').getByText('live', { exact: true }).waitFor();
    await check(tab, 'version-card', visit.NO_CANARY);
    const state = await edge.current.anyone.call('getProject', { params: { project } });
    expect(state.project.live).toMatchObject({ version: 2 });
    await tab.close();
  });
});

describe('an admin who lets only some in', () => {
  const project = 'closed';
  const image = { pixels: Buffer.from(drawings('disc', 1, 3)[0]!).toString('base64') };

  async function ask(key?: string): Promise<number> {
    const headers = {
      'content-type': 'application/json',
      ...(key ? { authorization: `Bearer ${key}` } : {}),
    };
    const url = `${edge.current.origin}/v1/projects/${project}/classify`;
    const init = { method: 'POST', headers, body: JSON.stringify(image) };
    return (await fetch(url, init)).status;
  }

  test('begins with the token of the first start, makes a key that works, and revokes it', async () => {
    await liveToyProject(edge.current, project, PLAN);
    const { origin, setupToken } = edge.current;
    const place = { browser, origin, project };
    const tab = await visit.administrate(place, setupToken, 'access');
    const { page } = tab;
    await page.getByText('This is your admin key.').waitFor();
    const own = await page.locator('.once code').innerText();
    await button(page, 'I have kept it').click();
    await page.getByText(`Signed in with the key ${own.slice(0, 18)}`).waitFor();

    expect(await ask()).toBe(200);
    await page.getByLabel('Only who has a key').check();
    await button(page, 'Save').click();
    await page.getByText('Saved.').waitFor();
    await expect.poll(() => ask()).toBe(401);

    await page.getByText('New key', { exact: true }).click();
    await page.getByLabel('For whom or what').fill('photo booth');
    await button(page, 'Make the key').click();
    await page.getByText('The key for “photo booth”.').waitFor();
    const key = await page.locator('.once code').innerText();
    expect(await ask(key)).toBe(200);
    await check(tab, 'access-new-key');

    const visitor = await Tab.open(browser, `${origin}/playground?project=${project}`);
    await visit.pick(button(visitor.page, 'Choose an image'), await filesOf('disc', 1, 3));
    await visitor.page.getByText('This project answers only who has a key').waitFor();
    await visitor.page.getByLabel('Key', { exact: true }).fill(key);
    await button(visitor.page, 'Ask again').click();
    await visitor.page.getByText('This looks like “disc”').waitFor();
    await visitor.page.getByText('Ask this from your own program').click();
    await visitor.page.getByText('Bearer YOUR_KEY').first().waitFor();
    expect(await visit.nameless(visitor.page)).toEqual([]);
    await visitor.close();

    await button(page, 'I have kept it').click();
    await button(page, 'Revoke: photo booth').click();
    await button(page.getByRole('dialog'), 'Revoke').click();
    await page.getByLabel('Show expired and revoked keys too').check();
    await page.getByText('revoked', { exact: true }).waitFor();
    await expect.poll(() => ask(key)).toBe(401);

    await visit.open(page, 'Log');
    await page.getByLabel('All projects').check();
    const log = page.getByRole('region', { name: 'What admins did' });
    await log.getByText('took the first key').waitFor();
    const acts = (await log.locator('.act').allInnerTexts()).map((text) => text.trim());
    expect(acts.filter((act) => /key|settings/.test(act))).toEqual([
      ...['revoked a key', 'made a key', 'changed settings', 'took the first key'],
    ]);
    await check(tab, 'log');
    await tab.close();
  });
});

describe('by the rules of WCAG that a program can check,', () => {
  const source = readFileSync(
    createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
    'utf8',
  );

  /** All rules in the light; in the dark colours alone are different. */
  async function violations(page: Page): Promise<string[]> {
    await page.emulateMedia({ colorScheme: 'light' });
    const inTheLight = await run(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    return [...inTheLight, ...(await run(page, ['color-contrast']))];
  }

  async function run(page: Page, only?: string[]): Promise<string[]> {
    // By the debugger, which the pages' policy does not bind.
    if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(source);
    const found = await page.evaluate((rules) => {
      const { axe } = window as unknown as { axe: { run(options: object): Promise<AxeResults> } };
      return axe.run(rules ? { runOnly: rules } : {});
    }, only);
    return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }

  test('every page is accessible, in the light and in the dark', async () => {
    const project = 'seen';
    await liveToyProject(edge.current, project, PLAN);
    const { origin, admin, adminToken } = edge.current;
    const examples = [...drawings('ring', 3, 1), ...drawings('level', 1, 9)].map(asPixels);
    const params = { project };
    await admin.call('addClass', { params, json: { name: 'ring', examples } });
    // A button halfway from one colour to the other has no contrast to speak of.
    const still = { reducedMotion: 'reduce' } as const;
    const open = (path: string) => Tab.open(browser, `${origin}/${path}?project=${project}`, still);

    const home = await open('');
    await home.page.getByRole('heading', { name: `Toy ${project}` }).waitFor();
    expect(await violations(home.page)).toEqual([]);
    await visit.pick(button(home.page, 'Choose images'), await filesOf('ring', 3, 3));
    await home.page.getByText('3 images ready').waitFor();
    expect(await violations(home.page)).toEqual([]);
    await home.close();

    const play = await open('playground');
    await visit.pick(button(play.page, 'Choose an image'), await filesOf('ring', 1, 5));
    await play.page.locator('.verdict').waitFor();
    await play.page.getByText('Ask this from your own program').click();
    expect(await violations(play.page)).toEqual([]);
    await play.close();

    const desk = await open('admin');
    expect(await violations(desk.page)).toEqual([]);
    await visit.signIn(desk.page, adminToken);
    await visit.open(desk.page, 'Versions');
    await visit.row(desk.page, 'Versions', 1).waitFor();
    expect(await violations(desk.page)).toEqual([]);
    await visit.open(desk.page, 'Classes');
    await desk.page.getByText('Add a class').click();
    expect(await violations(desk.page)).toEqual([]);
    await desk.page.getByRole('link', { name: 'ring' }).click();
    await desk.page.getByText('1 example looks out of place').waitFor();
    expect(await violations(desk.page)).toEqual([]);
    await visit.open(desk.page, 'Access');
    await desk.page.getByText('New key', { exact: true }).click();
    expect(await violations(desk.page)).toEqual([]);
    await visit.open(desk.page, 'Log');
    await desk.page.getByText('added a class').waitFor();
    expect(await violations(desk.page)).toEqual([]);
    await desk.page.getByRole('link', { name: 'New project' }).click();
    await desk.page.getByRole('heading', { name: 'New project' }).waitFor();
    expect(await violations(desk.page)).toEqual([]);
    await desk.close();
  });
});
