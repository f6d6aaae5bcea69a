import { createCanvas } from '@napi-rs/canvas';
import { startBackend } from '../../client/tf.ts';
import { TENSOR_TYPE } from '../../shared/api/routes.ts';
import type { NewProject } from '../../shared/api/schemas.ts';
import { Random, range } from '../../shared/math/random.ts';
import { createModel } from '../../shared/nn/model.ts';
import { initialise } from '../../shared/nn/params.ts';
import { createEncoder, type Encoder } from '../../worker/classify/encoder.ts';
import { createLive, withEdge, type BenchEdge } from './edge.ts';
import { median, quantile } from './quantile.ts';
import { Connections, type Asked } from './requests.ts';
import type { Bench } from './run.ts';

const SEED = 11;
const ID = 'bench';
const SIDE = 28;
const CLASSES = 36;
const NET = 'conv4-64';
const CONNECTIONS = 8;
const BLOCKS = 5;
const BLOCK_SECONDS = 2;
const IN_TURN = 200;
const ADDED = 20;

const NOOP: Asked = { method: 'GET', path: '/healthz' };
const CLASSIFY = { method: 'POST', path: `/v1/projects/${ID}/classify` };

/**
 * The classify route of the real worker over loopback: conv4-64, 28 x 28, 36 classes, the tensor in
 * the body. Beside it, in blocks that take turns, `GET /healthz`, the route that does nothing: what
 * HTTP, workerd and this client cost. Client and worker share the machine's cores.
 *
 * `requestsPerSecond` and `noopRequestsPerSecond` over 8 kept-alive connections (medians of the
 * blocks); `p50Ms`, `p99Ms`, `noopP50Ms` and `pngP50Ms` (a PNG of 112 x 112 in place of the tensor)
 * over one, all blocks together. `embeddingMs` is the median of the same encoder's pass over one
 * image in *this* process, on the same wasm kernels, between the blocks: clocks stand still inside
 * workerd while it computes. `shareOfLimit` is requestsPerSecond x embeddingMs, the part of one core
 * that goes into the network; `overheadMs` is p50Ms - noopP50Ms - embeddingMs. `addClassP95Ms` is
 * the time to add a class of five examples, 20 times.
 *
 * Not measured: a network between the two, TLS, a cold isolate, and D1 and R2 at a distance.
 */
export const classify: Bench = async ({ say }) => {
  const encoder = await encoderHere();
  const figures = await withEdge(say, (edge) => measure(edge, encoder, say));
  encoder.dispose();
  return { seeds: [SEED], figures };
};

async function measure(
  edge: BenchEdge,
  encoder: Encoder,
  say: (line: string) => void,
): Promise<Record<string, number>> {
  await createLive(edge, newProject());
  const many = new Connections(edge.origin, CONNECTIONS);
  const one = new Connections(edge.origin, 1);
  const tensor = {
    ...CLASSIFY,
    headers: { 'content-type': TENSOR_TYPE },
    body: asTensor(imageOf(0)),
  };
  const png = { ...CLASSIFY, headers: { 'content-type': 'image/png' }, body: drawnPng() };
  for (const asked of [NOOP, tensor, png]) await one.inTurn(asked, 20);
  const seen = { rate: [] as number[], noopRate: [] as number[] };
  const times = {
    tensor: [] as number[],
    noop: [] as number[],
    png: [] as number[],
    embed: [] as number[],
  };
  for (let block = 1; block <= BLOCKS; block++) {
    seen.noopRate.push(await many.rate(NOOP, BLOCK_SECONDS));
    seen.rate.push(await many.rate(tensor, BLOCK_SECONDS));
    times.noop.push(...(await one.inTurn(NOOP, IN_TURN)));
    times.tensor.push(...(await one.inTurn(tensor, IN_TURN)));
    times.png.push(...(await one.inTurn(png, IN_TURN / 4)));
    times.embed.push(...(await timeEmbedding(encoder)));
    say(
      `block ${block}: ${seen.rate.at(-1)!.toFixed(0)} a second, no-op ${seen.noopRate.at(-1)!.toFixed(0)}`,
    );
  }
  const added = await timeClasses(edge, one);
  many.close();
  one.close();
  return figuresOf(seen, times, added);
}

function figuresOf(
  { rate, noopRate }: Record<'rate' | 'noopRate', number[]>,
  times: Record<'tensor' | 'noop' | 'png' | 'embed', number[]>,
  added: number[],
): Record<string, number> {
  const requestsPerSecond = median(rate);
  const [p50Ms, noopP50Ms] = [median(times.tensor), median(times.noop)];
  const embeddingMs = median(times.embed);
  return {
    requestsPerSecond,
    noopRequestsPerSecond: median(noopRate),
    p50Ms,
    p99Ms: quantile(times.tensor, 0.99),
    noopP50Ms,
    embeddingMs,
    shareOfLimit: (requestsPerSecond * embeddingMs) / 1000,
    overheadMs: p50Ms - noopP50Ms - embeddingMs,
    pngP50Ms: median(times.png),
    addClassP95Ms: quantile(added, 0.95),
  };
}

/** What the worker does with an image, on random weights: the time does not depend on them. */
async function encoderHere(): Promise<Encoder> {
  const { tf } = await startBackend(['wasm']);
  const model = createModel({
    net: NET,
    input: { size: SIDE, channels: 1 },
    classes: CLASSES,
    heads: ['cls'],
  });
  return createEncoder(tf, model, initialise(model.layout, new Random(SEED)));
}

async function timeEmbedding(encoder: Encoder): Promise<number[]> {
  const image = Float32Array.from(imageOf(0), (value) => value / 255);
  const times: number[] = [];
  for (let i = 0; i < IN_TURN; i++) {
    const start = performance.now();
    await encoder.infer(image, 1);
    times.push(performance.now() - start);
  }
  // The first ones of a block find cold caches: the worker ran in between.
  return times.slice(IN_TURN / 10);
}

/** Adds so many classes, one behind the other, and takes them away again. */
async function timeClasses({ adminToken }: BenchEdge, one: Connections): Promise<number[]> {
  const path = `/v1/projects/${ID}/classes`;
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  const times: number[] = [];
  for (const i of range(ADDED)) {
    const examples = range(5).map((k) => asPixels(imageOf(1000 + 5 * i + k)));
    const body = JSON.stringify({ name: `added ${i}`, examples });
    times.push(await one.time({ method: 'POST', path, headers, body }));
  }
  for (const i of range(ADDED))
    await one.time({ method: 'DELETE', path: `${path}/added%20${i}`, headers });
  return times;
}

function newProject(): NewProject {
  return {
    ...{ id: ID, title: 'Bench' },
    plan: {
      ...{ net: NET, input: { size: SIDE, channels: 1 }, seed: SEED },
      server: { warmupSteps: 1, batch: 1 },
    },
    classes: range(CLASSES).map((label) => ({
      name: `class ${label}`,
      examples: [asPixels(imageOf(2 * label))],
      validation: [asPixels(imageOf(2 * label + 1))],
    })),
  };
}

/** Noise: what is in an image costs nothing and saves nothing. */
function imageOf(seed: number): Uint8Array {
  const random = new Random(SEED + seed);
  return Uint8Array.from({ length: SIDE * SIDE }, () => random.int(256));
}

function asPixels(image: Uint8Array): { pixels: string } {
  return { pixels: Buffer.from(image).toString('base64') };
}

function asTensor(image: Uint8Array): Uint8Array {
  return new Uint8Array(Float32Array.from(image, (value) => value / 255).buffer);
}

/** A drawing as a page would send it. */
function drawnPng(): Uint8Array {
  const side = 4 * SIDE;
  const canvas = createCanvas(side, side);
  const context = canvas.getContext('2d');
  context.fillStyle = 'white';
  context.fillRect(0, 0, side, side);
  context.lineWidth = side / 12;
  context.arc(side / 2, side / 2, side / 4, 0, 5);
  context.stroke();
  return canvas.toBuffer('image/png');
}
