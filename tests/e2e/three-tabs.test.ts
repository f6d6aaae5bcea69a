/**
 * The promise of the project, in a real browser against a real edge: three tabs on two kinds of
 * hardware teach one model with images that do not leave them, and the model learns a new class
 * from three drawings.
 */
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../../shared/api/schemas/answers.ts';
import { toBytes } from '../../shared/images/image-set.ts';
import { normalise } from '../../shared/images/normalise.ts';
import { useBrowser, Tab, type Sent } from '../kit/browser.ts';
import { START_MS, useEdge } from '../kit/edge.ts';
import {
  button,
  contribute,
  draw,
  drawnFile,
  nameless,
  pick,
  stage,
  startRounds,
  uploads,
  administrate,
  type PickedFile,
  type Stroke,
} from '../kit/pages.ts';
import { liveToyProject } from '../kit/project.ts';
import { asFile, BASE_SHAPES, drawings, SIDE } from '../kit/shapes.ts';

const PROJECT = 'three-tabs';
const BACKENDS = ['webgpu', 'webgpu', 'wasm'];
const IN_WORDS = { webgpu: 'your graphics card (WebGPU)', wasm: 'your processor (WebAssembly)' };
const PER_SHAPE = 6;

const edge = useEdge();
const browser = useBrowser();
/** Each visitor's own drawings, as PNG files. */
const images: PickedFile[][] = [];
const tabs: Tab[] = [];
let admin: Tab;

/** From the network's pixels on, whatever the tab could make of an image to send it. */
type Traces = Record<string, Buffer | string>;

beforeAll(async () => {
  await liveToyProject(edge.current, PROJECT, {
    round: { goal: 3, minimum: 3, deadlineSeconds: 240 },
    local: { steps: 4, batch: 8 },
    server: { warmupSteps: 20, steps: 5, batch: 8 },
  });
  const visit = { browser, origin: edge.current.origin, project: PROJECT };
  // One after the other, as people come: two tabs that start share one software GPU.
  for (const [i, backend] of BACKENDS.entries()) {
    images.push(await filesOf(i));
    tabs.push(await contribute(visit, images[i]!, backend));
  }
  admin = await administrate(visit, edge.current.adminToken);
  await startRounds(admin.page, 1);
  await Promise.all(tabs.map(({ page }) => uploads(page).first().waitFor()));
  await admin.page.getByRole('cell', { name: '3 / 3' }).waitFor();
}, START_MS);

afterAll(async () => {
  for (const [i, tab] of tabs.entries()) await tab.screenshot(`three-tabs-${i + 1}`);
});

describe('three tabs on two kinds of hardware', () => {
  test('make one round of three deltas', async () => {
    const [round] = await edge.current.anyone.call('listRounds', { params: { project: PROJECT } });
    expect(round).toMatchObject({ number: 1, asked: 3, accepted: 3, declined: 0 });
  });

  test.each(BACKENDS.map((backend, i) => [i, backend] as const))(
    'tab %d says in words that it learns on %s, and shows what left it and how it learnt',
    async (i, backend) => {
      const { page } = tabs[i]!;
      const words = IN_WORDS[backend as keyof typeof IN_WORDS];
      await page.getByText(`Learning on: ${words}`).click();
      await page.getByText('The address of this page asks for this one').waitFor();
      expect(await uploads(page).allInnerTexts()).toEqual([
        expect.stringMatching(
          /^Round 1\s+1 weight delta, 0 images\s+\d.+ KB .+ SHA-256 [0-9a-f]{12}…$/,
        ),
      ]);
      await page.getByText(`Your ${images[i]!.length} images`).waitFor();
      const curve = page.getByRole('img', { name: /^Loss over .+ latest value is \d+\.\d+\.$/ });
      expect(await curve.locator('canvas').evaluate(isDrawnOn)).toBe(true);
      await stage(page, 'waiting').waitFor();
      expect(await nameless(page)).toEqual([]);
    },
  );

  test('send deltas and a few words about them, and nothing of an image', async () => {
    const [round] = await edge.current.anyone.call('listRounds', { params: { project: PROJECT } });
    for (const [i, { sent }] of tabs.entries()) {
      for (const file of images[i]!) expect(found(await tracesOf(file), sent)).toEqual([]);
      const bodies = sent.filter(({ body }) => body.length > 0);
      const deltas = bodies.filter(({ url }) => url.endsWith('/rounds/1/deltas'));
      expect(deltas.map(({ body }) => body.length)).toEqual([round!.bytes / 3]);
      const words = bodies.filter((one) => !deltas.includes(one));
      const elsewhere = words.filter(({ url }) => !/\/socket\/\?.*EIO=4/.test(url));
      expect(elsewhere.map(({ method, url }) => `${method} ${url}`)).toEqual([]);
      const text = Buffer.concat(words.map(({ body }) => body)).toString();
      expect(text).toContain('["hello",{"protocol":');
      expect(text).toContain('["progress",{"round":1');
      expect(text.length).toBeLessThan(4096);
    }
  });

  test('would be caught sending an image: the playground does send one', async () => {
    const tab = await Tab.open(browser, `${edge.current.origin}/playground?project=${PROJECT}`);
    const file = images[0]![0]!;
    await pick(button(tab.page, 'Choose an image'), [file]);
    await tab.page.locator('.scores').waitFor();
    expect(found(await tracesOf(file), tab.sent)).toEqual(['pixels in base64']);
    await tab.close();
  });

  test('leave no error in a console', () => {
    expect([...tabs, admin].map(({ complaints }) => complaints)).toEqual([[], [], [], []]);
  });
});

/** An arrow to the upper right: like none of the toy project's shapes. */
const arrow = (dx: number, dy: number): Stroke[] =>
  [
    [
      [0.2, 0.8],
      [0.8, 0.2],
    ],
    [
      [0.4, 0.2],
      [0.8, 0.2],
      [0.8, 0.6],
    ],
  ].map((stroke) => stroke.map(([x, y]) => [x! + dx, y! + dy] as const));

describe('a class that is drawn on the playground', () => {
  test('is what a plain request of another drawing is answered with', async () => {
    const { origin, adminToken, anyone } = edge.current;
    const tab = await Tab.open(browser, `${origin}/playground?project=${PROJECT}`);
    const { page } = tab;
    for (const [i, shift] of [-0.04, 0, 0.04].entries())
      await draw(page.getByRole('img', { name: `Example ${i + 1}` }), arrow(shift, -shift));
    await page.getByText('3 examples').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('arrow');
    await page.getByLabel('Admin key').fill(adminToken);
    await button(page, 'Teach').click();
    await page.getByText('“arrow” is known now').waitFor();

    const { project } = await anyone.call('getProject', { params: { project: PROJECT } });
    const response = await fetch(`${origin}/v1/projects/${PROJECT}/classify`, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: new Uint8Array(await drawnFile(arrow(0.02, 0.03))),
    });
    const answer = (await response.json()) as Answer;
    const { version, revision } = project.live!;
    expect(answer).toMatchObject({ label: 'arrow', unknown: false, version, revision });

    await draw(page.getByRole('img', { name: 'Draw here' }), arrow(-0.02, 0));
    await page.getByText('This looks like “arrow”').waitFor();
    await page.getByText(`Version ${version}, classes revision ${revision}`).waitFor();
    expect(await nameless(page)).toEqual([]);
    expect(tab.complaints).toEqual([]);
    await tab.screenshot('three-tabs-new-class');
  });
});

function filesOf(visitor: number): Promise<PickedFile[]> {
  return Promise.all(
    BASE_SHAPES.flatMap((shape) =>
      drawings(shape, PER_SHAPE, 100 + visitor).map(async (drawing, i) => ({
        name: `${shape}-${i}.png`,
        mimeType: 'image/png',
        buffer: Buffer.from(await asFile(drawing, 'png')),
      })),
    ),
  );
}

/** Forms in which a file could be found in what was sent; of pixels, three rows from the middle. */
async function tracesOf({ buffer }: PickedFile): Promise<Traces> {
  const picture = await loadImage(buffer);
  const context = createCanvas(picture.width, picture.height).getContext('2d');
  context.drawImage(picture, 0, 0);
  const { data, width, height } = context.getImageData(0, 0, picture.width, picture.height);
  const floats = normalise(data, width, height, { size: SIDE, channels: 1 });
  const bytes = toBytes(floats);
  // A multiple of three, so that its base64 is a part of the whole's.
  const [from, to] = [SIDE * 6, SIDE * 9];
  const pixels = Buffer.from(bytes.slice(from, to));
  return {
    signature: buffer.subarray(0, 8),
    file: buffer.subarray(40, 80),
    'file in base64': buffer.toString('base64').slice(0, 64),
    pixels,
    'pixels in base64': pixels.toString('base64'),
    'pixels in JSON': pixels.join(),
    floats: Buffer.from(floats.slice(from, to).buffer),
    'floats in JSON': floats.slice(from, to).join(),
  };
}

/** The forms that something sent contains. */
function found(traces: Traces, sent: readonly Sent[]): string[] {
  const isIn = (trace: Buffer | string) =>
    sent.some(({ url, body }) => body.includes(trace) || url.includes(trace.toString()));
  return Object.keys(traces).filter((form) => isIn(traces[form]!));
}

/** Runs in the page. */
function isDrawnOn(canvas: HTMLCanvasElement | SVGElement): boolean {
  const { width, height } = canvas as HTMLCanvasElement;
  const context = (canvas as HTMLCanvasElement).getContext('2d')!;
  return context.getImageData(0, 0, width, height).data.some((value) => value > 0);
}
