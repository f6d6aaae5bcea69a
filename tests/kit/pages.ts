/** The three pages by what a person does on them: buttons by their names, drawings by the pointer. */
import { createCanvas } from '@napi-rs/canvas';
import type { Browser, Locator, Page } from 'playwright-core';
import { Tab } from './browser.ts';

/** A file as a file dialog hands it over. */
export type PickedFile = { name: string; mimeType: string; buffer: Buffer };

type Visit = { browser: { current: Browser }; origin: string; project: string };

export const button = (page: Page | Locator, name: string | RegExp): Locator =>
  page.getByRole('button', { name, exact: typeof name === 'string' });

/** Answers the system's file dialog; a path of a folder where one is asked for. */
export async function pick(opener: Locator, files: PickedFile[] | string): Promise<void> {
  const page = opener.page();
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), opener.click()]);
  await chooser.setFiles(files);
}

/** Opens the contribute page, chooses images and starts; resolves once the tab waits for a round. */
export async function contribute(
  { browser, origin, project }: Visit,
  images: PickedFile[],
  backend: string,
): Promise<Tab> {
  const tab = await Tab.open(browser, `${origin}/?project=${project}&backend=${backend}`);
  await pick(button(tab.page, 'Choose images'), images);
  await tab.page.getByText(`${images.length} images ready`).waitFor();
  await button(tab.page, 'Start contributing').click();
  await stage(tab.page, 'waiting').waitFor();
  return tab;
}

/** The status line, once it says so. */
export const stage = (page: Page, name: string): Locator => page.locator(`.stage.${name}`);

/** What the page lists as having left the tab. */
export const uploads = (page: Page): Locator => page.locator('.uploads li');

/** Signs in on the admin page. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Admin key').fill(token);
  await button(page, 'Sign in').click();
  await button(page, 'Sign out').waitFor();
}

/** A section of the admin page, by the link that leads there. */
export async function open(page: Page, section: string): Promise<void> {
  const sections = page.getByRole('navigation', { name: 'Sections' });
  await sections.getByRole('link', { name: section }).click();
}

/** Opens the admin page of a project, signed in; in another section than the first where one is named. */
export async function administrate(
  { browser, origin, project }: Visit,
  token: string,
  section = 'training',
): Promise<Tab> {
  const tab = await Tab.open(browser, `${origin}/admin?project=${project}#${section}`);
  await signIn(tab.page, token);
  return tab;
}

/** The versions' section asks for the canary; a browser's console tells of every 404, this one included. */
export const NO_CANARY = /404 .+\/canary$/;

export async function startRounds(page: Page, count: number): Promise<void> {
  await page.getByLabel('Rounds to run').fill(String(count));
  await button(page, 'Start rounds').click();
}

/** The row of a card's table that begins with this number. */
export const row = (page: Page, card: string, number: number): Locator =>
  page
    .getByRole('region', { name: card, exact: true })
    .getByRole('row')
    .filter({ has: page.locator('td:first-child', { hasText: new RegExp(`^${number}$`) }) });

/** Points in shares of the sheet's side. */
export type Stroke = readonly (readonly [x: number, y: number])[];

/** Draws with the mouse: one press a stroke. */
export async function draw(sheet: Locator, strokes: readonly Stroke[]): Promise<void> {
  await sheet.scrollIntoViewIfNeeded();
  const box = (await sheet.boundingBox())!;
  const { mouse } = sheet.page();
  for (const [first, ...rest] of strokes) {
    const at = ([x, y]: Stroke[number]) => [box.x + x * box.width, box.y + y * box.height] as const;
    await mouse.move(...at(first!));
    await mouse.down();
    for (const point of rest) await mouse.move(...at(point), { steps: 8 });
    await mouse.up();
  }
}

/** The same on paper: a PNG that nobody has drawn on the page. */
export async function drawnFile(strokes: readonly Stroke[]): Promise<Buffer> {
  const side = 320;
  const canvas = createCanvas(side, side);
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, side, side);
  context.lineWidth = side / 17;
  context.lineCap = context.lineJoin = 'round';
  for (const stroke of strokes) {
    context.beginPath();
    for (const [x, y] of stroke) context.lineTo(x * side, y * side);
    context.stroke();
  }
  return canvas.encode('png');
}

/** A text once it has stayed the same for half a second of frames: a pause takes effect within a step. */
export function still(text: Locator): Promise<string> {
  return text.evaluate(async (element) => {
    for (let last = element.textContent, same = 0; same < 30; same++) {
      await new Promise(requestAnimationFrame);
      if (element.textContent !== last) [last, same] = [element.textContent, 0];
    }
    return element.textContent ?? '';
  });
}

/** All that a person or a screen reader reads on a page. */
export function readable(page: Page): Promise<string> {
  return page.evaluate(() => {
    const attributes = ['aria-label', 'placeholder', 'title', 'alt'];
    const spoken = [...document.querySelectorAll('body *')].flatMap((element) =>
      attributes.map((attribute) => element.getAttribute(attribute)),
    );
    return [document.title, document.body.textContent, ...spoken].filter(Boolean).join('\n');
  });
}

/** Whatever on the page a screen reader could not name, and what it could not tell apart. */
export function nameless(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const named = (element: Element) =>
      element.getAttribute('aria-label') ||
      element.getAttribute('aria-labelledby') ||
      element.textContent?.trim();
    const labelled = (field: HTMLInputElement) =>
      field.getAttribute('aria-label') ||
      [...(field.labels ?? [])].some((label) => label.textContent?.trim());
    const all = (selector: string) => [...document.querySelectorAll(selector)];
    const ids = all('[id]').map(({ id }) => id);
    const found = [
      ...all('input, select, textarea').filter((field) => !labelled(field as HTMLInputElement)),
      ...all('button, a, summary, legend, h1, h2, h3, [role=img], [role=region]').filter(
        (element) => !named(element),
      ),
      ...all('progress').filter(
        (bar) => !bar.getAttribute('aria-label') && !(bar as HTMLProgressElement).labels.length,
      ),
      ...all('[aria-labelledby], [aria-describedby]').filter((element) =>
        ['aria-labelledby', 'aria-describedby'].some((attribute) => {
          const id = element.getAttribute(attribute);
          return id !== null && !ids.includes(id);
        }),
      ),
    ].map((element) => element.outerHTML.slice(0, 120));
    if (all('h1').length !== 1) found.push(`${all('h1').length} first headings`);
    if (!document.title) found.push('the page has no title');
    return [...found, ...ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `#${id} twice`)];
  });
}
