import { signal } from '@preact/signals';
import type { Project, ProjectState } from '../../../../shared/api/schemas/projects.ts';
import { firstOf, fromIdx } from '../../../data/local-data.ts';
import type { ChosenFile, Skipped } from '../../../data/files.ts';
import type { LocalData } from '../../../../shared/objectives/contract.ts';
import { Unreachable } from '../../../net/api.ts';
import type { TurnstileChallenge } from '../../../net/challenge.ts';
import { ORIGIN, api } from '../../parts/projects.ts';
import { prepare } from '../../thread/prepare.ts';
import { startTraining, type Training } from '../../thread/training.ts';
import { forget, recall, remember, type Before, type Source } from './before.ts';
import { wantedBackend } from './wanted.ts';
import { IDLE, reduce, type Action, type Run } from './run.ts';

/** Images that are ready. `data` is empty while the training thread holds them. */
export type Chosen = {
  data: LocalData;
  count: number;
  thumbs: Float32Array[];
  skipped: Skipped[];
  source: Source;
};

export type Sample = { project: string; title: string; file: string; count: number };

const SHOWN = 24;

export const overview = signal<ProjectState | null>(null);
export const samples = signal<Sample[]>([]);
export const reading = signal<{ done: number; total: number } | null>(null);
export const chosen = signal<Chosen | null>(null);
export const chooseError = signal<unknown>(null);
export const run = signal<Run>(IDLE);
/** What the edge wants a person to answer before this tab may join. */
export const challenge = signal<TurnstileChallenge | null>(null);
/** What this tab was doing before it was reloaded; null once it does something else. */
export const before = signal<Before | null>(null);
/** What the address asks for; it does not change while the page is open. */
export const wanted = wantedBackend(location.search);

let training: Training | undefined;
let now: Before | undefined;

/** The figures beside the title. They are decoration: without them the page works as well. */
export async function loadOverview(project: string): Promise<void> {
  overview.value = await api.call('getProject', { params: { project } }).catch(() => null);
}

/** Sample images that the pages were built with; a build without any has no index. */
export async function loadSamples(): Promise<void> {
  const response = await fetch('/samples/index.json').catch(() => undefined);
  // A server may answer an unknown address with the page itself.
  const json = response?.ok && response.headers.get('content-type')?.includes('json');
  samples.value = json ? ((await response.json()) as Sample[]) : [];
}

export function chooseFiles(
  project: Project,
  files: Promise<ChosenFile[]> | ChosenFile[],
): Promise<void> {
  return choose(project, { kind: 'own' }, async () => {
    const { data, skipped } = await prepare(await files, project.plan.input, (done, total) => {
      reading.value = { done, total };
    });
    return { data, skipped };
  });
}

export function chooseSample(project: Project, file: string): Promise<void> {
  return choose(project, { kind: 'sample', file }, async () => {
    const response = await fetch(`/samples/${file}`);
    if (!response.ok) throw new Unreachable(`/samples/${file} answered ${response.status}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { data: fromIdx(bytes, project.plan.input), skipped: [] };
  });
}

async function choose(
  project: Project,
  source: Source,
  read: () => Promise<Pick<Chosen, 'data' | 'skipped'>>,
): Promise<void> {
  chooseError.value = null;
  chosen.value = null;
  reading.value = { done: 0, total: 0 };
  try {
    const { data, skipped } = await read();
    const thumbs = firstOf(data, project.plan.input, SHOWN);
    chosen.value = { data, count: data.count, thumbs, skipped, source };
  } catch (error) {
    chooseError.value = error;
  } finally {
    reading.value = null;
  }
}

export function forgetImages(): void {
  chosen.value = null;
  chooseError.value = null;
}

/**
 * After a reload: a sample is fetched again, and the contribution goes on as it was, paused if it was
 * paused. One's own images are kept nowhere, so only the page can say that they are missing.
 */
export async function goOn(project: Project): Promise<void> {
  if (run.value.status !== 'idle' || chosen.value) return;
  const found = (before.value = recall(project.id));
  if (found?.source.kind !== 'sample') return;
  await chooseSample(project, found.source.file);
  // Somebody may have been faster, with images of their own.
  if (run.value.status !== 'idle' || chosen.peek()?.source.kind !== 'sample') return;
  start(project.id);
  if (found.paused) steer('pause');
}

export function start(project: string): void {
  const images = chosen.value;
  if (!images || images.data.count === 0) return;
  now = { project, source: images.source, images: images.count, paused: false };
  remember(now);
  dispatch({ kind: 'start' });
  const backend = wanted.kind === 'backend' ? wanted.backend : undefined;
  training = startTraining({ origin: ORIGIN, project, data: images.data, backend }, (message) => {
    if (message.kind === 'ended') end(message.data);
    if (message.kind === 'challenged') challenge.value = message.challenge;
    else dispatch(message);
  });
}

/** What the widget gave, or null when it could not be shown. */
export function answer(token: string | null): void {
  challenge.value = null;
  training?.answer(token);
}

/** The images come home with the last message, for another go. */
function end(data: LocalData): void {
  forget();
  challenge.value = null;
  before.value = null;
  if (chosen.value) chosen.value = data.count > 0 ? { ...chosen.value, data } : null;
}

export function steer(kind: 'pause' | 'resume' | 'stop'): void {
  training?.[kind]();
  dispatch({ kind });
  if (kind === 'stop') forget();
  else if (now) remember({ ...now, paused: kind === 'pause' });
}

function dispatch(action: Action): void {
  run.value = reduce(run.value, action);
}
