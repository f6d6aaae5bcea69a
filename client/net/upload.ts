import type { Receipt } from '../../shared/api/schemas.ts';
import { DELTA_TYPE } from '../../shared/api/routes.ts';
import { Problem } from '../../shared/api/problem.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';
import { Unreachable, type Api } from './api.ts';

declare const encoded: unique symbol;

/**
 * Bytes that are an encoded weight delta and nothing else. Only `client/train/delta.ts` makes one,
 * from two weight vectors: what leaves a tab is fixed by the type, and images have none to leave by.
 */
export type EncodedDelta = Uint8Array & { readonly [encoded]: true };

export type Upload = {
  project: string;
  round: number;
  version: number;
  images: number;
  delta: EncodedDelta;
  signal?: AbortSignal;
};

const TRIES = 5;

/**
 * Sends a delta until it is acknowledged. Sending twice is safe: the edge knows a delta by
 * (round, volunteer, digest). Only silence is retried, after 0.5, 1, 2, 4 s; a refusal is final.
 * @throws Problem when refused; Unreachable when five tries found nobody.
 */
export async function upload(
  api: Api,
  { project, round, version, images, delta, signal }: Upload,
): Promise<Receipt> {
  const digest = await sha256Hex(delta);
  for (let attempt = 1; ; attempt++) {
    try {
      return await api.call('sendDelta', {
        params: { project, round: String(round) },
        bytes: delta,
        type: DELTA_TYPE,
        headers: {
          'x-shoal-digest': digest,
          'x-shoal-images': String(images),
          'x-shoal-version': String(version),
        },
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      const silent =
        error instanceof Unreachable || (error instanceof Problem && error.code === 901);
      if (!silent || attempt === TRIES) throw error;
      await pause(250 * 2 ** attempt, signal);
    }
  }
}

/** Resolves after so many milliseconds. @throws the signal's reason when it is aborted first. */
function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
