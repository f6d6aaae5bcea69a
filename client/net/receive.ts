import { Unreachable } from './api.ts';

/** Bytes that have come, of how many; null where the other side has not said, or packs them on the way. */
export type OnProgress = (loaded: number, total: number | null) => void;

/**
 * A response's whole body, telling how far it has come: for weights and other large replies. What is
 * sent cannot be watched: `fetch` says nothing of it in any browser.
 * @throws Unreachable when it is cut off in the middle; the signal's reason.
 */
export async function receive(
  response: Response,
  onProgress: OnProgress = () => undefined,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const total = totalOf(response.headers);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let loaded = 0;
  try {
    const reader = response.body?.getReader();
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done || !value) break;
      chunks.push(value);
      loaded += value.byteLength;
      onProgress(loaded, total);
    }
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable(`${response.url} was cut off in the middle`, { cause: error });
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** A packed body's length is not the length of what comes out of it. */
function totalOf(headers: Headers): number | null {
  const length = headers.get('content-length');
  const packed = headers.get('content-encoding') ?? 'identity';
  return length === null || packed !== 'identity' ? null : Number(length);
}
