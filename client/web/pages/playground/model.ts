import { signal } from '@preact/signals';
import { Problem, type ProblemCode } from '../../../../shared/api/problem.ts';
import type { Answer } from '../../../../shared/api/schemas/answers.ts';
import type { ClassAdded } from '../../../../shared/api/schemas/classes.ts';
import { exampleOf } from '../../parts/example.ts';
import { api } from '../../parts/projects.ts';
import { adminApi, token } from '../../parts/token.tsx';

/** Classes and examples that an answer names. */
export const ASKED = { top: 5, explain: 4 } as const;

/** What a key is missing for, or what is wrong with the one that was shown. */
const OF_KEYS: readonly ProblemCode[] = [201, 202, 205, 206, 207, 208];

/** The image that is being asked about, as the network reads it. */
export const seen = signal<Float32Array | null>(null);
export const answer = signal<Answer | null>(null);
export const error = signal<unknown>(null);
export const added = signal<ClassAdded | null>(null);
/** Whether the project answers only who shows a key. */
export const isClosed = signal(false);

let asking: AbortController | undefined;

export const wantsKey = (problem: unknown): boolean =>
  problem instanceof Problem && OF_KEYS.includes(problem.code);

/** Asks the edge. A newer question replaces an older one that is still on its way. */
export async function ask(project: string, image: Float32Array): Promise<void> {
  asking?.abort();
  const mine = (asking = new AbortController());
  seen.value = image;
  error.value = null;
  try {
    const found = await classify(project, image, mine.signal);
    if (asking === mine) answer.value = found;
  } catch (problem) {
    if (mine.signal.aborted) return;
    answer.value = null;
    error.value = problem;
  }
}

/** A key is shown only where one is wanted: a key of another project would be refused where nobody needs one. */
async function classify(
  project: string,
  image: Float32Array,
  calledOff: AbortSignal,
): Promise<Answer> {
  const options = {
    params: { project },
    // The bytes that the page shows as the request, so that whoever repeats it asks the same.
    json: exampleOf(image),
    query: { ...ASKED, ...(added.value ? { minRevision: added.value.revision } : {}) },
    signal: calledOff,
  };
  try {
    if (!isClosed.value) return await api.call('classify', options);
  } catch (problem) {
    if (!(problem instanceof Problem && problem.code === 201)) throw problem;
    isClosed.value = true;
    if (token.value === '') throw problem;
  }
  return adminApi().call('classify', options);
}

export function forget(): void {
  asking?.abort();
  seen.value = null;
  answer.value = null;
  error.value = null;
}

/** Another project: what was learnt of the one before is not true of it. */
export function startOver(): void {
  forget();
  added.value = null;
  isClosed.value = false;
}
