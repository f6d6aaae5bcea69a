import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Api, Unreachable } from '../../client/net/api.ts';
import { upload, type EncodedDelta, type Upload } from '../../client/net/upload.ts';
import { encodeDelta } from '../../client/train/delta.ts';
import { Random } from '../../shared/math/random.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';
import {
  badGateway,
  inTurn,
  json,
  nowhere,
  problem,
  serve,
  silence,
  type Answer,
} from './loopback.ts';

const LEARNT = [Float32Array.of(1, 2), Float32Array.of(0, 4)] as const;
const DELTA = encodeDelta('float32', ...LEARNT, new Random(1)).message;
const RECEIPT = { round: 3, digest: 'd', bytes: DELTA.length, repeated: false };
const UPLOAD: Upload = { project: 'p', round: 3, version: 7, images: 41, delta: DELTA };

/** Without the share that is left to chance; and what the edge asks for in these tests. */
const BACKOFF = [500, 1000, 2000, 4000];
const ASKED_FOR = 7000;
let waits: number[];
/** How long a wait really is. */
let patience: number;

/** The waits between two tries are written down and cut short; every other timer is as it is. */
beforeEach(() => {
  waits = [];
  patience = 0;
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const real = globalThis.setTimeout;
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((call: () => void, ms?: number) => {
    if (![...BACKOFF, 8000, 15_000, ASKED_FOR].includes(ms ?? 0)) return real(call, ms);
    waits.push(ms!);
    return real(call, patience);
  }) as typeof setTimeout);
  return () => vi.restoreAllMocks();
});

async function send(answer: Answer, more: Partial<Upload> = {}) {
  const { origin, seen } = await serve(answer);
  const sent = upload(new Api(origin, 'ticket'), { ...UPLOAD, ...more });
  return { sent, seen };
}

describe('a delta', () => {
  test('goes to its round, with its digest, its version and what it was learnt from', async () => {
    const { sent, seen } = await send(json(RECEIPT));
    expect(await sent).toEqual(RECEIPT);
    expect(seen).toHaveLength(1);
    const { method, url, headers, body } = seen[0]!;
    expect([method, url]).toEqual(['POST', '/v1/projects/p/rounds/3/deltas']);
    expect(headers).toMatchObject({
      authorization: 'Bearer ticket',
      'content-type': 'application/x-shoal-delta',
      'x-shoal-digest': await sha256Hex(DELTA),
      'x-shoal-images': '41',
      'x-shoal-version': '7',
    });
    expect([...body]).toEqual([...DELTA]);
    expect(waits).toEqual([]);
  });
});

describe('silence is met with another try', () => {
  test.each([
    ['a broken line', silence],
    ['a proxy that finds nobody', badGateway],
    ['an error on the other side', problem(901, 'an error that we did not foresee')],
  ])('%s', async (_, answer) => {
    const { sent, seen } = await send(inTurn(answer, answer, json(RECEIPT)));
    expect(await sent).toEqual(RECEIPT);
    expect(waits).toEqual([500, 1000]);
    expect(seen).toHaveLength(3);
    // The very same request each time: that is how the edge knows it again.
    for (const one of seen) {
      expect([...one.body]).toEqual([...DELTA]);
      expect(one.headers['x-shoal-digest']).toBe(seen[0]!.headers['x-shoal-digest']);
    }
  });

  test('five times, then it is given up', async () => {
    const { sent, seen } = await send(silence);
    await expect(sent).rejects.toThrow(Unreachable);
    expect(seen).toHaveLength(5);
    expect(waits).toEqual(BACKOFF);
  });

  test('even where there was never a server', async () => {
    const sent = upload(new Api(await nowhere()), UPLOAD);
    await expect(sent).rejects.toThrow('does not answer');
    expect(waits).toEqual(BACKOFF);
  });

  test('and what the last try says counts', async () => {
    const { sent, seen } = await send(inTurn(silence, problem(407, 'round 3 is closed')));
    await expect(sent).rejects.toMatchObject({ code: 407 });
    expect(seen).toHaveLength(2);
  });
});

describe('an edge that is too busy', () => {
  test.each([
    ['in its own words', problem(414, 'the line is long', { retryAfter: 7 })],
    ['as a proxy says it', busyProxy],
  ])('%s is asked again when it said so, and not sooner', async (_, answer) => {
    const { sent, seen } = await send(inTurn(answer, answer, json(RECEIPT)));
    expect(await sent).toEqual(RECEIPT);
    expect(waits).toEqual([ASKED_FOR, ASKED_FOR]);
    expect(seen.map(({ headers }) => headers['x-shoal-digest'])).toEqual(
      Array.from({ length: 3 }, () => seen[0]!.headers['x-shoal-digest']),
    );
  });
});

describe('as long as the round can be open', () => {
  test('silence is met with another try', async () => {
    const answers = Array.from({ length: 8 }, () => silence);
    const { sent } = await send(inTurn(...answers, json(RECEIPT)), { until: Date.now() + 60_000 });
    expect(await sent).toEqual(RECEIPT);
    expect(waits).toEqual([...BACKOFF, 8000, 15_000, 15_000, 15_000]);
  });

  test('but not longer', async () => {
    const { sent, seen } = await send(silence, { until: Date.now() + 5000 });
    await expect(sent).rejects.toThrow(Unreachable);
    // The next wait would be one of 8 seconds.
    expect(seen).toHaveLength(5);
  });
});

test.each([401, 404, 405, 406, 407, 408, 409, 410, 411, 413, 203] as const)(
  'a refusal is final: %d',
  async (code) => {
    const { sent, seen } = await send(problem(code, 'because'));
    await expect(sent).rejects.toMatchObject({ code, message: 'because' });
    expect(seen).toHaveLength(1);
    expect(waits).toEqual([]);
  },
);

describe('an upload that is called off', () => {
  test('while the edge thinks about it ends with the reason', async () => {
    const abort = new AbortController();
    const { sent, seen } = await send(() => abort.abort(new Error('a newer round has begun')), {
      signal: abort.signal,
    });
    await expect(sent).rejects.toThrow('a newer round has begun');
    expect(seen).toHaveLength(1);
    expect(waits).toEqual([]);
  });

  test('between two tries ends with the reason, and there is no other try', async () => {
    patience = 3_600_000;
    const abort = new AbortController();
    const { sent, seen } = await send(badGateway, { signal: abort.signal });
    await vi.waitUntil(() => waits.length === 1);
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    abort.abort(new Error('stopped'));
    await expect(sent).rejects.toThrow('stopped');
    expect(cleared).toHaveBeenCalledTimes(1);
    expect(seen).toHaveLength(1);
  });

  test('before it began asks nobody', async () => {
    const { sent, seen } = await send(json(RECEIPT), {
      signal: AbortSignal.abort(new Error('stopped')),
    });
    await expect(sent).rejects.toThrow('stopped');
    expect(seen).toEqual([]);
  });
});

/** Checked by the compiler: were one of these taken, its comment would be an error of its own. */
export function onlyDeltasLeaveTheTab(api: Api, images: Float32Array, pixels: Uint8Array) {
  // @ts-expect-error -- numbers in [0, 1] are images
  void upload(api, { ...UPLOAD, delta: images });
  // @ts-expect-error -- bytes of no known making may be images
  void upload(api, { ...UPLOAD, delta: pixels });
  // @ts-expect-error -- nor does a copy of a delta's bytes count as one
  void upload(api, { ...UPLOAD, delta: DELTA.slice() });
  // @ts-expect-error -- not even when they are said to be one: a codec has to know them first
  const claimed: EncodedDelta = pixels;
  const made = encodeDelta('int8', images, images, new Random(1));
  void upload(api, { ...UPLOAD, delta: made.message });
  // @ts-expect-error -- and what encoding lost stays in the tab
  void upload(api, { ...UPLOAD, delta: made.residual });
  return claimed;
}

function busyProxy(response: ServerResponse): void {
  response.writeHead(503, { 'retry-after': '7' }).end('come back later');
}
