/** A tab that is reloaded in the middle of its work: in a real browser, against a real edge. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Kept } from '../../client/sdk/memory.ts';
import type { Round } from '../../shared/api/schemas/training.ts';
import { Tab, useBrowser } from '../kit/browser.ts';
import { useEdge } from '../kit/edge.ts';
import { kept as keptBy } from '../kit/kept.ts';
import { watch } from '../kit/line.ts';
import {
  button,
  contribute,
  nameless,
  pick,
  stage,
  uploads,
  type PickedFile,
} from '../kit/pages.ts';
import { liveToyProject, newToyProject, type PlanPatch } from '../kit/project.ts';
import { startRounds } from '../kit/round.ts';
import { asFile, BASE_SHAPES, drawings } from '../kit/shapes.ts';

const edge = useEdge();
const browser = useBrowser();
let images: PickedFile[];

/** One volunteer makes a round, long enough to be in the middle of it. */
const alone = (steps: number): PlanPatch => ({
  round: { goal: 1, minimum: 1, deadlineSeconds: 240 },
  local: { steps, batch: 8 },
  // Every image is worth learning from, whatever the server has learnt; and that is not much here.
  objective: { id: 'simclr' },
  server: { warmupSteps: 1, steps: 1, batch: 8 },
});

beforeAll(async () => {
  images = await Promise.all(
    BASE_SHAPES.flatMap((shape) =>
      drawings(shape, 6, 100).map(async (drawing, i) => ({
        name: `${shape}-${i}.png`,
        mimeType: 'image/png',
        buffer: Buffer.from(await asFile(drawing, 'png')),
      })),
    ),
  );
});

const placeOf = (project: string) => ({ browser, origin: edge.current.origin, project });

const kept = <K extends keyof Kept>(page: Page, project: string, what: K) =>
  keptBy(page, { origin: edge.current.origin, project }, what);

/** The step that the page says this tab goes on from. */
async function continuedFrom(page: Page): Promise<number> {
  const text = await page.getByText('This tab’s round, continued from step').innerText();
  return Number(/step (\d+)/.exec(text)![1]);
}

/** The uploads that left a tab, as requests. */
const deltasOf = ({ sent }: Tab) => sent.filter(({ url }) => url.endsWith('/deltas'));

/** What the API says of the only round, once it is over. */
async function onlyRound(project: string): Promise<Round> {
  const line = watch(edge.current, project);
  await line.state('the round is over', ({ phase, round }) => phase === 'idle' && round === 1);
  line.close();
  const rounds = await edge.current.anyone.call('listRounds', { params: { project } });
  expect(rounds).toHaveLength(1);
  return rounds[0]!;
}

describe('a tab that is reloaded in the middle of its round', () => {
  test('goes on from its checkpoint as the same volunteer, once it has its images again', async () => {
    const project = 'reload-own';
    await liveToyProject(edge.current, project, alone(500));
    const tab = await contribute(placeOf(project), images, 'wasm');
    const { page } = tab;
    await startRounds(edge.current, project, 1);
    const { snapshot } = await kept(page, project, 'checkpoint');
    const before = await kept(page, project, 'ticket');
    expect(snapshot.steps).toBeGreaterThan(0);
    expect(snapshot.steps).toBeLessThan(500);
    await page.reload();

    await page.getByText(`with ${images.length} images of yours when it was reloaded`).waitFor();
    await tab.screenshot('reload-own-asks');
    expect(await nameless(page)).toEqual([]);
    await pick(button(page, 'Choose images'), images);
    await button(page, 'Go on contributing').click();
    // A later one may have been made between the look at it and the reload.
    expect(await continuedFrom(page)).toBeGreaterThanOrEqual(snapshot.steps);
    await tab.screenshot('reload-own-goes-on');
    await uploads(page).waitFor();
    await stage(page, 'waiting').waitFor();
    expect((await kept(page, project, 'ticket')).volunteer).toBe(before.volunteer);
    expect(await onlyRound(project)).toMatchObject({ asked: 1, accepted: 1 });
    expect(deltasOf(tab)).toHaveLength(1);
    expect(tab.complaints).toEqual([]);
    await tab.close();
  });

  test('goes on by itself with sample images, and is still paused if it was', async () => {
    const project = 'reload-sample';
    await sampleProject(project, alone(40));
    const tab = await withSample(project);
    const { page } = tab;
    await button(page, 'Pause').click();
    await startRounds(edge.current, project, 1);
    const { snapshot } = await kept(page, project, 'checkpoint');
    expect(snapshot.steps).toBe(1);
    const before = await kept(page, project, 'ticket');
    await page.reload();

    await page.getByText('went on by itself, as the same volunteer').waitFor();
    await page.getByText('Step 1 of 40').waitFor();
    await stage(page, 'paused').waitFor();
    expect(await continuedFrom(page)).toBe(1);
    await tab.screenshot('reload-sample');
    expect(await nameless(page)).toEqual([]);
    await button(page, 'Resume').click();
    await uploads(page).waitFor();
    expect((await kept(page, project, 'ticket')).volunteer).toBe(before.volunteer);
    expect(await onlyRound(project)).toMatchObject({ asked: 1, accepted: 1 });
    expect(deltasOf(tab)).toHaveLength(1);

    // Whoever has said Stop is not taken up on it by a reload.
    await button(page, 'Stop').click();
    await stage(page, 'stopped').waitFor();
    await page.reload();
    await button(page, 'Start contributing').waitFor();
    await page.getByText('No images at hand?').waitFor();
    await tab.close();
  });
});

test('a delta that was on its way when the tab was reloaded is sent first, and counts once', async () => {
  const project = 'reload-unsent';
  await sampleProject(project, alone(3));
  const tab = await withSample(project);
  const { page } = tab;
  // It arrives and is counted, but the tab never hears so before it is reloaded.
  let isReloaded = false;
  await page.route('**/deltas', async (route) => {
    if (isReloaded) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await startRounds(edge.current, project, 1);
  const { message } = await kept(page, project, 'unsent');
  expect(message.length).toBeGreaterThan(20);
  expect(await onlyRound(project)).toMatchObject({ asked: 1, accepted: 1 });
  await page.reload();
  isReloaded = true;
  await uploads(page).waitFor();
  // One round has been counted, and this tab has not learnt for another.
  expect(await uploads(page).innerText()).toMatch(/^Round 1\s/);
  await stage(page, 'waiting').waitFor();
  expect(await onlyRound(project)).toMatchObject({ asked: 1, accepted: 1 });
  await tab.close();
});

test('a second tab of the same browser is a volunteer of its own', async () => {
  const project = 'two-tabs-one-browser';
  await sampleProject(project, { ...alone(3), round: { goal: 2, minimum: 2 } });
  const context = await browser.current.newContext({ locale: 'en-GB' });
  const pages = [await context.newPage(), await context.newPage()];
  for (const page of pages) {
    await page.goto(addressOf(project));
    await startWithSample(page);
  }
  await startRounds(edge.current, project, 1);
  await Promise.all(pages.map((page) => uploads(page).waitFor()));
  expect(await onlyRound(project)).toMatchObject({ asked: 2, accepted: 2 });
  await context.close();
});

const addressOf = (project: string) => `${edge.current.origin}/?project=${project}&backend=wasm`;

async function withSample(project: string): Promise<Tab> {
  const tab = await Tab.open(browser, addressOf(project));
  await startWithSample(tab.page);
  return tab;
}

async function startWithSample(page: Page): Promise<void> {
  await button(page, 'Use sample images').click();
  await button(page, 'Start contributing').click();
  await stage(page, 'waiting').waitFor();
}

/** A project that reads what the built-in sample is made of: 28 x 28, grey. */
async function sampleProject(id: string, patch: PlanPatch): Promise<void> {
  const project = newToyProject(id, {
    ...patch,
    input: { size: 28, channels: 1 },
  });
  const file = async (drawing: Uint8Array) => ({
    image: Buffer.from(await asFile(drawing, 'png')).toString('base64'),
  });
  const classes = BASE_SHAPES.map(async (name) => ({
    name,
    examples: await Promise.all(drawings(name, 4, 1).map(file)),
    validation: await Promise.all(drawings(name, 2, 2).map(file)),
  }));
  const json = { ...project, classes: await Promise.all(classes) };
  await edge.current.admin.call('createProject', { json });
  const line = watch(edge.current, id);
  await line.state('the first version is live', ({ version }) => version === 1);
  line.close();
}
