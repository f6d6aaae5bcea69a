import type { LocalData } from '../../shared/objectives/contract.ts';
import { decodeAll } from '../data/decode.ts';
import { Api } from '../net/api.ts';
import type { Widget } from '../net/challenge.ts';
import { startBackend, type BackendName } from '../tf.ts';
import { holdMemory } from './browser-memory.ts';
import { contribute, type Contribution, type ContributionEvent } from './contribute.ts';

export type LendOptions = {
  origin: string;
  project: string;
  /** Files, in a browser; or what the network reads, anywhere: [count, size, size, channels] in [0, 1]. */
  images: readonly Blob[] | LocalData;
  signal: AbortSignal;
  onEvent?: (event: ContributionEvent) => void;
  /** Of the images that are being read. */
  onProgress?: (done: number, total: number) => void;
  /** Left out: what is right and fastest here. */
  backend?: BackendName;
  /** Shown to whoever lends, where the edge asks for a sign of a person. */
  widget?: Widget;
};

/**
 * Everything that a contribution needs, started: the backend, the images, and where the browser
 * has one, a memory that outlives a reload. It learns on the thread that calls: a page that wants to
 * stay smooth calls it in a Web Worker.
 * @throws Problem 301; Error when no image can be read, or no backend is right here
 */
export async function lend(options: LendOptions): Promise<Contribution> {
  const { origin, project, signal, onEvent = () => undefined, backend: wanted, widget } = options;
  const data = await dataOf(options);
  const { tf, backend } = await startBackend(wanted && [wanted]);
  const hold = 'indexedDB' in globalThis ? await holdMemory(origin, project) : undefined;
  const memory = hold ? { memory: hold.memory } : {};
  const { pace, done } = contribute({
    ...{ origin, project, tf, backend, data, signal, onEvent },
    ...memory,
    ...(widget ? { widget } : {}),
  });
  return { pace, done: done.finally(() => hold?.release()) };
}

async function dataOf({ origin, project: id, images, signal, onProgress }: LendOptions) {
  if (!isFiles(images)) return images;
  const params = { project: id };
  const { project } = await new Api(origin).call('getProject', { params, signal });
  const files = images.map((blob, i) => ({ path: nameOf(blob, i), blob }));
  const { data, skipped } = await decodeAll(
    files,
    project.plan.input,
    onProgress ?? (() => undefined),
  );
  if (data.count > 0) return data;
  const [first] = skipped;
  throw new Error(`none of ${files.length} images can be read${first ? `: ${first.reason}` : ''}`);
}

function isFiles(images: readonly Blob[] | LocalData): images is readonly Blob[] {
  return Array.isArray(images);
}

function nameOf(blob: Blob, i: number): string {
  return 'name' in blob ? String(blob.name) : `image ${i + 1}`;
}
