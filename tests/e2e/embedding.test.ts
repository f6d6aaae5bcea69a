/** The same image has the same embedding in a tab, in Node and in the worker: each its own decoder, one code behind it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createCanvas } from '@napi-rs/canvas';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadImages } from '../../client/data/image-files.ts';
import { startBackend } from '../../client/tf.ts';
import type { ProjectState } from '../../shared/api/schemas/projects.ts';
import { Random } from '../../shared/math/random.ts';
import { createModel, type ModelSpec } from '../../shared/nn/model.ts';
import { createEncoder } from '../../worker/classify/encoder.ts';
import { useBrowser } from '../kit/browser.ts';
import { useEdge } from '../kit/edge.ts';
import { liveToyProject, newToyProject, weightsOf } from '../kit/project.ts';
import { watch } from '../kit/line.ts';
import { asFile, BASE_SHAPES, drawings } from '../kit/shapes.ts';
import type { Embed } from './tab-embed.ts';

const edge = useEdge();
const browser = useBrowser();
const ROOT = resolve(import.meta.dirname, '../..');
const TAB = 'http://tab.test';

/** What both sides build the network from, and its weights. */
type Known = { id: string; spec: ModelSpec; weights: Float32Array };
let page: Page;
let grey: Known;
let colour: Known;

beforeAll(async () => {
  page = await openTab();
  grey = await knownOf(await liveToyProject(edge.current, 'grey'));
  colour = await knownOf(await liveColourProject('colour'));
}, 240_000);

/** A page of nothing but tab-embed.ts, with tfjs's wasm files and our kernels beside it. */
async function openTab(): Promise<Page> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'tab-embed.ts')],
    ...{ bundle: true, write: false, format: 'esm', logLevel: 'silent' },
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const opened = await browser.current.newPage();
  await opened.route(`${TAB}/**`, (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path === '/')
      return route.fulfill({
        contentType: 'text/html',
        body: '<script type="module" src="/tab.js"></script>',
      });
    if (path === '/tab.js')
      return route.fulfill({ contentType: 'text/javascript', body: outputFiles[0]!.text });
    const folder = path.startsWith('/dist/kernels/') ? ROOT : join(ROOT, 'node_modules');
    return route.fulfill({ path: join(folder, path) });
  });
  await opened.goto(TAB);
  await opened.waitForFunction('globalThis.embed');
  return opened;
}

async function liveColourProject(id: string): Promise<ProjectState> {
  const files = (shape: (typeof BASE_SHAPES)[number], count: number, seed: number) =>
    Promise.all(
      drawings(shape, count, seed).map(async (one) => ({
        image: Buffer.from(await asFile(one, 'png')).toString('base64'),
      })),
    );
  const project = {
    ...newToyProject(id, { input: { size: 16, channels: 3 } }),
    classes: await Promise.all(
      BASE_SHAPES.map(async (name) => ({
        ...{ name, examples: await files(name, 4, 1), validation: await files(name, 6, 2) },
      })),
    ),
  };
  await edge.current.admin.call('createProject', { json: project });
  const line = watch(edge.current, id);
  await line.state('the first version is live', ({ version }) => version === 1);
  line.close();
  return edge.current.anyone.call('getProject', { params: { project: id } });
}

async function knownOf({ project: { id, plan, classes, live } }: ProjectState): Promise<Known> {
  const spec: ModelSpec = {
    ...{ net: plan.net, input: plan.input, classes: classes.length, heads: ['cls'] },
  };
  return { id, spec, weights: await weightsOf(edge.current.anyone, live!.weights) };
}

type Format = 'png' | 'jpeg' | 'webp';

/** A photograph of sorts: colours, gradients, noise, and no side that divides another. */
async function photo(format: Format): Promise<Buffer> {
  const canvas = createCanvas(137, 91);
  const context = canvas.getContext('2d');
  const random = new Random(4);
  const sky = context.createLinearGradient(0, 0, 137, 91);
  sky.addColorStop(0, '#2040a0');
  sky.addColorStop(1, '#f0c020');
  context.fillStyle = sky;
  context.fillRect(0, 0, 137, 91);
  for (let i = 0; i < 60; i++) {
    context.fillStyle = `hsl(${random.int(360)} 80% 50%)`;
    context.fillRect(random.int(137), random.int(91), random.int(30), random.int(30));
  }
  return format === 'png' ? canvas.encode('png') : canvas.encode(format as 'jpeg', 90);
}

async function inTab(file: Uint8Array, { spec, weights }: Known): Promise<number[]> {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const { backend, embedding } = await page.evaluate(
    ([image, model, flat]) => (globalThis as unknown as { embed: Embed }).embed(image, model, flat),
    [base64(file), spec, base64(new Uint8Array(weights.buffer))] as const,
  );
  expect(backend).toBe('wasm');
  return embedding;
}

/** As a volunteer's process reads it from disk. */
async function inNode(file: Uint8Array, format: Format, known: Known): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-embedding-'));
  try {
    writeFileSync(join(folder, `image.${format}`), file);
    const { images } = await loadImages(folder, known.spec.input);
    const { tf } = await startBackend(['wasm']);
    const encoder = createEncoder(tf, createModel(known.spec), known.weights);
    const { embeddings } = await encoder.infer(images, 1);
    encoder.dispose();
    return [...embeddings];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function inWorker(file: Uint8Array, format: Format, { id }: Known): Promise<number[]> {
  const { embedding } = await edge.current.admin.call('embed', {
    params: { project: id },
    ...{ bytes: file, type: `image/${format}` },
  });
  const length = Math.hypot(...embedding);
  return embedding.map((value) => value / length);
}

async function everywhere(file: Uint8Array, format: Format, known: Known): Promise<number[][]> {
  return [
    await inWorker(file, format, known),
    await inTab(file, known),
    await inNode(file, format, known),
  ];
}

const farthest = (a: number[], b: number[]) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
const cosine = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

describe.each(['grey', 'colour'] as const)('a PNG to a %s network', (kind) => {
  const known = () => (kind === 'grey' ? grey : colour);

  test.each(['a drawing', 'a photograph'])('%s: the same embedding to 1e-4', async (what) => {
    const [drawing] = drawings('ring', 1, 7);
    const file = what === 'a drawing' ? await asFile(drawing!, 'png') : await photo('png');
    const [worker, tab, node] = await everywhere(file, 'png', known());
    expect(worker!.length).toBe(createModel(known().spec).features);
    expect(farthest(worker!, tab!)).toBeLessThan(1e-4);
    expect(farthest(worker!, node!)).toBeLessThan(1e-4);
  });
});

// Decoders of lossy files differ in their inverse transform and in how they enlarge the colours.
test.each(['jpeg', 'webp'] as const)(
  'a %s is decoded a little differently everywhere: nearly the same embedding',
  async (format) => {
    for (const known of [grey, colour]) {
      const [worker, tab, node] = await everywhere(await photo(format), format, known);
      expect(cosine(worker!, tab!)).toBeGreaterThan(0.999);
      expect(cosine(worker!, node!)).toBeGreaterThan(0.999);
    }
  },
);
