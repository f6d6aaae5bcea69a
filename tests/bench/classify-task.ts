import { createCanvas } from '@napi-rs/canvas';
import { startBackend } from '../../client/tf.ts';
import { TENSOR_TYPE } from '../../shared/api/media.ts';
import type { NewProject } from '../../shared/api/schemas/projects.ts';
import { Random, range } from '../../shared/math/random.ts';
import { createModel } from '../../shared/nn/model.ts';
import { initialise } from '../../shared/nn/params.ts';
import { createEncoder, type Encoder } from '../../worker/classify/encoder.ts';
import type { Asked } from './requests.ts';

export const SEED = 11;
export const ID = 'bench';
export const FEW_ID = 'bench-few';
export const BATCH = 32;
const SIDE = 28;
const CLASSES = 36;
const NET = 'conv4-64';

const path = (route: string, id = ID) => `/v1/projects/${id}/${route}`;

/** The requests that are timed, all but the first of the same noise: what is in an image costs nothing. */
export const REQUESTS = {
  noop: { method: 'GET', path: '/healthz' },
  tensor: tensors('classify', 1),
  batch: tensors('classify/batch', BATCH),
  png: {
    method: 'POST',
    path: path('classify'),
    headers: { 'content-type': 'image/png' },
    body: drawnPng(),
  },
} satisfies Record<string, Asked>;

function tensors(route: string, count: number): Asked {
  const images = range(count).map((i) => asTensor(imageOf(i)));
  const headers = { 'content-type': TENSOR_TYPE };
  return { method: 'POST', path: path(route), headers, body: Buffer.concat(images) };
}

/** The tensor's request to the other project. */
export const FEW: Asked = { ...REQUESTS.tensor, path: path('classify', FEW_ID) };

/** A request that adds classes of so many examples each. */
export function adding(token: string, names: readonly string[], examples: number): Asked {
  const classes = names.map((name, i) => ({
    name,
    examples: range(examples).map((k) => asPixels(imageOf(1000 + examples * i + k))),
  }));
  const [first] = classes;
  return {
    method: 'POST',
    path: path(names.length === 1 ? 'classes' : 'classes/batch'),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(names.length === 1 ? first : { classes }),
  };
}

export function removing(token: string, name: string): Asked {
  const headers = { authorization: `Bearer ${token}` };
  return { method: 'DELETE', path: path(`classes/${encodeURIComponent(name)}`), headers };
}

/** Two of them are alike until one gets classes. */
export function newProject(id: string): NewProject {
  return {
    ...{ id, title: 'Bench' },
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

/** What the worker does with an image, on random weights: the time does not depend on them. */
export async function encoderHere(): Promise<Encoder> {
  const { tf } = await startBackend(['wasm']);
  const model = createModel({
    net: NET,
    input: { size: SIDE, channels: 1 },
    classes: CLASSES,
    heads: ['cls'],
  });
  return createEncoder(tf, model, initialise(model.layout, new Random(SEED)));
}

/** Milliseconds of so many passes over one image, in this process. */
export async function timeEmbedding(encoder: Encoder, count: number): Promise<number[]> {
  const image = Float32Array.from(imageOf(0), (value) => value / 255);
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await encoder.infer(image, 1);
    times.push(performance.now() - start);
  }
  // The first ones of a block find cold caches: the worker ran in between.
  return times.slice(count / 10);
}

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
