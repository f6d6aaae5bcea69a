/** What the people around a project do from beginning to end, each with a browser of their own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEdge } from '../../client/cli/edge/edge.ts';
import { words as admin } from '../../client/web/text/admin.ts';
import { verbs, words as access } from '../../client/web/text/access.ts';
import { acts as changes, undoings, words as classes } from '../../client/web/text/classes.ts';
import { words as contributing } from '../../client/web/text/contribute.ts';
import type { Entry } from '../../client/web/text/language.ts';
import { acts, words as log } from '../../client/web/text/log.ts';
import { page as anywhere, phases } from '../../client/web/text/page.ts';
import { words as playground } from '../../client/web/text/playground.ts';
import { words as versions } from '../../client/web/text/versions.ts';
import type { PlanInput } from '../../shared/api/plan.ts';
import { Tab, useBrowser } from '../kit/browser.ts';
import { startTestEdge, useEdge, type TestEdge } from '../kit/edge.ts';
import { watch } from '../kit/line.ts';
import * as visit from '../kit/pages.ts';
import { button, row, stage, uploads } from '../kit/pages.ts';
import { liveToyProject } from '../kit/project.ts';
import { asFile, BASE_SHAPES, drawings, SIDE } from '../kit/shapes.ts';

const edge = useEdge();
const browser = useBrowser();
let images: visit.PickedFile[];

/** One volunteer makes a round. */
const ALONE = { round: { goal: 1, minimum: 1, deadlineSeconds: 240 } };

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

const placeOf = (project: string, at: { origin: string } = edge.current) => ({
  ...{ browser, origin: at.origin, project },
});
const volunteer = (project: string, at?: { origin: string }) =>
  visit.contribute(placeOf(project, at), images, 'wasm');
const administrator = (project: string) =>
  visit.administrate(placeOf(project), edge.current.adminToken);

/** The end of a journey: every page is fit for a screen reader, and nothing went wrong unseen. */
async function checkAndClose(tabs: Record<string, Tab>, expected?: RegExp): Promise<void> {
  for (const [name, tab] of Object.entries(tabs)) {
    await tab.screenshot(name);
    expect(await visit.nameless(tab.page)).toEqual([]);
    expect(tab.complaints.filter((text) => !expected?.test(text))).toEqual([]);
    await tab.close();
  }
}

describe('an admin', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-labelled-'));
  const [byHand, ...inFolder] = BASE_SHAPES;
  const plan: PlanInput = {
    input: { size: SIDE, channels: 1 },
    local: { steps: 5, batch: 8 },
    server: { warmupSteps: 30, steps: 5, batch: 8 },
  };
  const filesOf = (shape: (typeof BASE_SHAPES)[number]) =>
    Promise.all(drawings(shape, 8, 1).map((drawing) => asFile(drawing, 'png')));

  beforeAll(async () => {
    for (const shape of inFolder) {
      mkdirSync(join(folder, shape));
      for (const [i, file] of (await filesOf(shape)).entries())
        writeFileSync(join(folder, shape, `${i}.png`), file);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('makes a project from folders of images, has it trained, and goes back a version', async () => {
    const tab = await Tab.open(browser, `${edge.current.origin}/admin`);
    const { page } = tab;
    await page.getByText('No project yet').waitFor();
    await visit.signIn(page, edge.current.adminToken);
    await page.getByRole('link', { name: 'New project' }).click();
    await page.getByLabel('Title').fill('Shapes of all kinds');
    await visit.pick(button(page, 'Choose a folder of folders'), folder);
    await page.getByText('8 images').nth(2).waitFor();
    await button(page, 'Add a class').click();
    const added = page.getByRole('listitem').filter({ hasText: 'Choose images' }).last();
    await added.getByLabel('Class').fill(byHand!);
    const files = (await filesOf(byHand!)).map((file, i) => ({
      ...{ name: `${i}.png`, mimeType: 'image/png', buffer: Buffer.from(file) },
    }));
    await visit.pick(button(added, 'Choose images'), files);
    await page.getByLabel('Contributions a round').fill('1');
    await page.getByText('Advanced').click();
    await page.getByPlaceholder('"codec"').fill(JSON.stringify(plan));
    expect(await visit.nameless(page)).toEqual([]);
    await button(page, 'Create project').click();
    await row(page, 'Versions', 1).getByText('live').waitFor();

    const helper = await volunteer('shapes-of-all-kinds');
    await visit.open(page, 'Training');
    await visit.startRounds(page, 1);
    await row(page, 'Rounds', 1).getByText('promoted', { exact: true }).waitFor();
    await uploads(helper.page).waitFor();
    await visit.open(page, 'Versions');
    await row(page, 'Versions', 2).getByText('live').waitFor();

    const back = button(row(page, 'Versions', 1), 'Make live');
    await back.click();
    await button(page.getByRole('dialog'), 'Cancel').click();
    await back.click();
    await page.getByRole('heading', { name: 'Make version 1 live?' }).waitFor();
    expect(await visit.nameless(page)).toEqual([]);
    await button(page.getByRole('dialog'), 'Make live').click();
    await row(page, 'Versions', 1).getByText('live').waitFor();
    await button(row(page, 'Versions', 2), 'Make live').waitFor();
    const params = { project: 'shapes-of-all-kinds' };
    const { project } = await edge.current.anyone.call('getProject', { params });
    expect(project.live).toMatchObject({ version: 1 });
    await checkAndClose({ 'admin-rollback': tab, 'admin-helper': helper }, visit.NO_CANARY);
  });
});

describe('a volunteer', () => {
  test('pauses, goes on, stops in the middle and comes back, on a page that never hangs', async () => {
    const project = 'pace';
    await liveToyProject(edge.current, project, { ...ALONE, local: { steps: 300, batch: 8 } });
    const tab = await volunteer(project);
    const { page } = tab;
    await tab.longestTask();
    const start = () =>
      edge.current.admin.call('startTraining', { params: { project }, json: { rounds: 1 } });
    await start();
    await stage(page, 'learning').waitFor();
    await button(page, 'Pause').click();
    await stage(page, 'paused').waitFor();
    expect(await visit.still(page.locator('.bar').first())).toMatch(/Step (?!300)\d+ of 300/);
    await button(page, 'Resume').click();
    await stage(page, 'learning').waitFor();
    await uploads(page).waitFor();
    await stage(page, 'waiting').waitFor();

    const line = watch(edge.current, project);
    await line.state('the round is over', ({ phase, round }) => phase === 'idle' && round === 1);
    await start();
    await stage(page, 'learning').waitFor();
    await button(page, 'Stop').click();
    await page.getByText('Stopped. Thank you!').waitFor();
    await line.state('the volunteer has left', ({ volunteers }) => volunteers === 0);
    line.close();
    // It takes the place that it left in the open round.
    await button(page, 'Contribute again').click();
    await uploads(page).nth(1).waitFor();
    expect(await tab.longestTask()).toBeLessThan(200);
    await checkAndClose({ 'volunteer-pace': tab });
  });

  test('is back by itself when the edge was killed and has started again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shoal-killed-'));
    const project = 'restart';
    let own: TestEdge = await startTestEdge(folder);
    try {
      await liveToyProject(own, project, ALONE);
      const tab = await volunteer(project, own);
      const pid = own.pid();
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      await own.stop();
      await stage(tab.page, 'reconnecting').waitFor();
      const port = Number(new URL(own.origin).port);
      own = { ...own, ...(await startEdge({ folder, port, say: () => undefined })) };
      await stage(tab.page, 'waiting').waitFor();
      await own.admin.call('startTraining', { params: { project }, json: { rounds: 1 } });
      await uploads(tab.page).waitFor();
      const line = watch(own, project);
      await line.state('the round is over', ({ phase, round }) => phase === 'idle' && round === 1);
      line.close();
      const [round] = await own.anyone.call('listRounds', { params: { project } });
      expect(round).toMatchObject({ outcome: 'promoted', asked: 1, accepted: 1 });
      await checkAndClose({ 'volunteer-restart': tab }, /WebSocket connection to|ERR_CONNECTION_/);
    } finally {
      await own.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('who closes the tab in the middle does not hold up the round, and the admin sees why it ended', async () => {
    const round = { goal: 2, minimum: 2, deadlineSeconds: 10 };
    await liveToyProject(edge.current, 'closed', { round });
    const [stays, goes] = [await volunteer('closed'), await volunteer('closed')];
    const tab = await administrator('closed');
    await button(goes.page, 'Pause').click();
    await visit.startRounds(tab.page, 1);
    await goes.page.getByText('Step 0 of').waitFor();
    await goes.close();
    const reason = /[01] of at least 2 deltas came; 0 declined, 1 left/;
    await row(tab.page, 'Rounds', 1).getByText('abandoned').waitFor();
    await row(tab.page, 'Rounds', 1).getByText(reason).waitFor();
    await tab.page.getByText('Last round: ').filter({ hasText: reason }).waitFor();
    await checkAndClose({ 'closed-admin': tab, 'closed-volunteer': stays });
  });

  test('who asks for a backend that there is not is told so, and contributes all the same', async () => {
    await liveToyProject(edge.current, 'abacus', ALONE);
    const tab = await visit.contribute(placeOf('abacus'), images, 'abacus');
    await tab.page.getByText('asks for the backend “abacus”, and there is no such one').waitFor();
    await tab.page.getByText('Learning on: your processor (WebAssembly)').click();
    await tab.page.getByText('kept the fastest that was right').waitFor();
    await checkAndClose({ 'volunteer-abacus': tab });
  });
});

describe('a visitor from Korea', () => {
  /** Pieces of English text that only an untranslated entry would show. */
  const english = [
    ...[access, acts, admin, anywhere, changes, classes, contributing, log],
    ...[phases, playground, undoings, verbs, versions],
  ]
    .flatMap((dictionary) => Object.values(dictionary as Record<string, Entry>))
    .filter(({ en, ko }) => en !== ko)
    .flatMap(({ en }) => en.split(/\{[^}]*\}/))
    .map((piece) => piece.trim())
    .filter((piece) => piece.length >= 8);

  async function checkKorean({ page }: Tab): Promise<void> {
    const text = await visit.readable(page);
    expect(english.filter((piece) => text.includes(piece))).toEqual([]);
    expect(text).not.toMatch(/\{\w+[|}]/);
    expect(await page.locator('html').getAttribute('lang')).toBe('ko');
  }

  test('reads every page in Korean, whatever it is asked to show', async () => {
    const { origin, adminToken } = edge.current;
    await liveToyProject(edge.current, 'korean', ALONE);
    const open = (path: string) =>
      Tab.open(browser, `${origin}/${path}?project=korean`, { locale: 'ko-KR' });

    const home = await open('');
    await home.page.getByRole('heading', { name: contributing.headline.ko }).waitFor();
    await checkKorean(home);
    await visit.pick(button(home.page, contributing.chooseFiles.ko), images);
    await button(home.page, contributing.start.ko).click();
    await home.page.getByText(contributing.stageWaiting.ko).waitFor();

    const desk = await open('admin');
    await checkKorean(desk);
    await desk.page.getByLabel(anywhere.token.ko).fill(adminToken);
    await button(desk.page, admin.signIn.ko).click();
    await button(desk.page, admin.start.ko).click();
    const go = (name: string) => desk.page.getByRole('link', { name, exact: true }).click();
    await go(admin['section-versions'].ko);
    await row(desk.page, versions.versions.ko, 2).waitFor();
    await checkKorean(desk);
    await uploads(home.page).first().waitFor();
    await home.page.locator('.backend summary').click();
    await checkKorean(home);
    await go(admin['section-classes'].ko);
    await desk.page.getByText(classes.addClass.ko).click();
    await checkKorean(desk);
    await go('disc');
    await desk.page.getByText(classes.checkHint.ko).waitFor();
    await checkKorean(desk);
    await go(admin['section-access'].ko);
    await desk.page.getByText(access.newKey.ko).click();
    await checkKorean(desk);
    await go(admin['section-log'].ko);
    await desk.page.getByText(log.root.ko).first().waitFor();
    await checkKorean(desk);
    await go(admin.newProject.ko);
    await desk.page.getByText(admin.labelledHint.ko).waitFor();
    await checkKorean(desk);

    const play = await open('playground');
    await play.page.getByRole('heading', { name: playground.headline.ko }).waitFor();
    const sheet = play.page.getByRole('img', { name: playground.draw.ko });
    await visit.draw(sheet, [
      [
        [0.2, 0.5],
        [0.8, 0.5],
      ],
    ]);
    await play.page.locator('.verdict').waitFor();
    await checkKorean(play);

    // The other language is one click away, and tells that the pieces above would be found.
    await button(play.page, 'English').click();
    await play.page.getByRole('heading', { name: playground.headline.en }).waitFor();
    const text = await visit.readable(play.page);
    expect(english.filter((piece) => text.includes(piece)).length).toBeGreaterThan(10);
    const tabs = { 'korean-contribute': home, 'korean-admin': desk, 'korean-playground': play };
    await checkAndClose(tabs, visit.NO_CANARY);
  });
});

test('a page that broke its own policy would be noticed', async () => {
  const tab = await Tab.open(browser, edge.current.origin);
  await tab.page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'document.title = "broken"';
    document.body.appendChild(script);
  });
  await expect.poll(() => tab.complaints.join()).toContain('Content Security Policy');
  await tab.close();
});
