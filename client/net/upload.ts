import type { Receipt } from '../../shared/api/schemas/training.ts';
import { DELTA_TYPE } from '../../shared/api/media.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';
import type { Api } from './api.ts';
import { persist, type Patience } from './persist.ts';

declare const encoded: unique symbol;

/**
 * Bytes that are an encoded weight delta and nothing else. Only `client/train` makes one: from two
 * weight vectors, or from bytes that the codec knows as such a message. What leaves a tab is fixed
 * by the type, and images have none to leave by.
 */
export type EncodedDelta = Uint8Array & { readonly [encoded]: true };

export type Upload = {
  project: string;
  round: number;
  version: number;
  images: number;
  delta: EncodedDelta;
} & Patience;

/**
 * Sends a delta until it is acknowledged. Sending twice is safe: the edge knows a delta by
 * (round, volunteer, digest). Silence and an edge that is too busy are met with another try, for as
 * long as the round can be open (`until`), five times at least; any other refusal is final.
 * @throws Problem when refused; Unreachable when the last try found nobody; the signal's reason.
 */
export async function upload(
  api: Api,
  { project, round, version, images, delta, ...patience }: Upload,
): Promise<Receipt> {
  const digest = await sha256Hex(delta);
  const send = () =>
    api.call('sendDelta', {
      params: { project, round: String(round) },
      bytes: delta,
      type: DELTA_TYPE,
      headers: {
        'x-shoal-digest': digest,
        'x-shoal-images': String(images),
        'x-shoal-version': String(version),
      },
      ...(patience.signal ? { signal: patience.signal } : {}),
    });
  return persist(send, patience);
}
