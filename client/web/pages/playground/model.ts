import { signal } from '@preact/signals';
import { TENSOR_TYPE } from '../../../../shared/api/routes.ts';
import type { Answer, ClassAdded } from '../../../../shared/api/schemas.ts';
import { api } from '../../parts/projects.ts';

/** The image that is being asked about, as the network reads it. */
export const seen = signal<Float32Array | null>(null);
export const answer = signal<Answer | null>(null);
export const error = signal<unknown>(null);
export const added = signal<ClassAdded | null>(null);

let asking: AbortController | undefined;

/** Asks the edge. A newer question replaces an older one that is still on its way. */
export async function ask(project: string, image: Float32Array): Promise<void> {
  asking?.abort();
  const mine = (asking = new AbortController());
  seen.value = image;
  error.value = null;
  try {
    const found = await api.call('classify', {
      params: { project },
      // The tensor is little-endian, as is every machine that runs a browser.
      bytes: new Uint8Array(image.buffer, image.byteOffset, image.byteLength),
      type: TENSOR_TYPE,
      query: { top: 5 },
      signal: mine.signal,
    });
    if (asking === mine) answer.value = found;
  } catch (problem) {
    if (!mine.signal.aborted) error.value = problem;
  }
}

export function forget(): void {
  asking?.abort();
  seen.value = null;
  answer.value = null;
  error.value = null;
}
