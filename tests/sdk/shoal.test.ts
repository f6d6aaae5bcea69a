import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  Busy,
  ClassProblem,
  NotFound,
  Shoal,
  Unreachable,
  type OnProgress,
  type ShoalOptions,
} from '../../client/sdk/index.ts';
import { asFile, drawings } from '../kit/shapes.ts';
import { inTurn, json, nowhere, problem, serve, silence, type Answer } from '../net/loopback.ts';

const IMAGE = Float32Array.of(0, 1);
const ANSWER = { label: 'a', unknown: false, classes: [], version: 3, revision: 8 };

/** Between two tries, by the least of chance; after "come back in two seconds", by the most. */
const WAITS = [250, 500, 1000, 3000];

/** They are cut short: how long they are is a matter of tests/net/persist.test.ts. */
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(1);
  const real = globalThis.setTimeout;
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((call: () => void, ms = 0, ...rest: []) =>
    real(call, WAITS.includes(ms) ? 0 : ms, ...rest)) as typeof setTimeout);
  return () => vi.restoreAllMocks();
});

async function client(answer: Answer, more: Partial<ShoalOptions> = {}) {
  const { origin, seen } = await serve(answer);
  return { shoal: new Shoal({ origin, key: 'sk', project: 'p', ...more }), seen };
}

describe('a call', () => {
  test('goes to the project of the client, or to the one that it names', async () => {
    const { shoal, seen } = await client(json(ANSWER));
    expect(await shoal.classify(IMAGE, { top: 2 })).toEqual(ANSWER);
    await shoal.classify(IMAGE, { project: 'q' });
    expect(seen.map(({ url }) => url)).toEqual([
      '/v1/projects/p/classify?top=2',
      '/v1/projects/q/classify',
    ]);
    expect(seen[0]!.headers.authorization).toBe('Bearer sk');
  });

  test('about several images goes as one: tensors in a row, files as a form, both as JSON', async () => {
    const { shoal, seen } = await client(json({ answers: [] }));
    const file = await asFile(drawings('disc', 1, 1)[0]!, 'png');
    await shoal.classifyBatch([IMAGE, IMAGE]);
    await shoal.embedBatch([file, new Blob([file as BlobPart])]);
    await shoal.classifyBatch([IMAGE, file]);
    const [tensors, form, both] = seen;
    expect(tensors!.body).toHaveLength(16);
    expect(tensors!.headers['content-type']).toBe('application/x-tensor');
    const type = form!.headers['content-type']!;
    const sent = await new Response(form!.body as BodyInit, {
      headers: { 'content-type': type },
    }).formData();
    const files = [...sent.values()] as File[];
    expect(files.map(({ size, type: is }) => [size, is])).toEqual([
      [file.length, 'image/png'],
      [file.length, 'image/png'],
    ]);
    expect(JSON.parse(both!.body.toString())).toEqual({
      images: [{ pixels: 'AP8=' }, { image: Buffer.from(file).toString('base64') }],
    });
  });

  test('may be any route of the table, by its name', async () => {
    const { shoal, seen } = await client(json([]));
    await shoal.call('listRounds', { project: 'q' });
    await shoal.call('removeClass', { params: { class: 'a b' } });
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /v1/projects/q/rounds',
      'DELETE /v1/projects/p/classes/a%20b',
    ]);
  });

  test('without a project where one is needed is a mistake that asks nobody', async () => {
    const { origin, seen } = await serve(json([]));
    await expect(new Shoal({ origin }).classes()).rejects.toThrow('needs "project"');
    expect(seen).toEqual([]);
  });

  test('gives weights, and tells how far they have come', async () => {
    const weights = Float32Array.of(1, -2, 0.25);
    const { shoal, seen } = await client((response) =>
      response.writeHead(200, { 'content-length': 12 }).end(Buffer.from(weights.buffer)),
    );
    const onProgress = vi.fn<OnProgress>();
    expect(await shoal.weights('abc', { onProgress })).toEqual(weights);
    expect(onProgress).toHaveBeenLastCalledWith(12, 12);
    expect(seen[0]!.url).toBe('/v1/weights/abc');
  });
});

describe('work that goes on at the edge', () => {
  const task = (patch: object) =>
    json({ id: 't', kind: 'import', state: 'working', progress: 0, problem: null, ...patch });

  test('is waited for, and tells how far it is', async () => {
    const { shoal, seen } = await client(
      inTurn(
        task({ progress: 0.2 }),
        task({ progress: 0.7 }),
        task({ state: 'done', progress: 1, version: 4 }),
      ),
    );
    const shares: number[] = [];
    const done = await shoal.finish('t', { onProgress: (share) => void shares.push(share) });
    expect(done).toMatchObject({ state: 'done', version: 4 });
    expect(shares).toEqual([0.2, 0.7, 1]);
    expect(seen.map(({ url }) => url)).toEqual(Array(3).fill('/v1/projects/p/tasks/t'));
  });

  test('that failed is the problem why', async () => {
    const failed = { state: 'failed', problem: { code: 301, detail: 'it is gone' } };
    const { shoal } = await client(task(failed));
    const error = await shoal.finish('t').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(NotFound);
    expect(error).toMatchObject({ message: 'it is gone' });
  });

  test('is not waited for any more when that is called off', async () => {
    const abort = new AbortController();
    const { shoal } = await client(task({}));
    const onProgress = () => abort.abort(new Error('enough'));
    const waiting = shoal.finish('t', { signal: abort.signal, onProgress });
    await expect(waiting).rejects.toThrow('enough');
  });
});

describe('what is asked again', () => {
  test.each([
    ['silence', silence],
    ['"too busy"', problem(212, 'slow down', { retryAfter: 2 })],
    ['an error on the other side', problem(901, 'an error that we did not foresee')],
  ])('a question, after %s', async (_, answer) => {
    const { shoal, seen } = await client(inTurn(answer, answer, json(ANSWER)));
    expect(await shoal.classify(IMAGE)).toEqual(ANSWER);
    expect(seen).toHaveLength(3);
    expect(new Set(seen.map(({ body }) => body.toString('hex'))).size).toBe(1);
  });

  test.each([
    ['"too busy"', problem(212, 'slow down', { retryAfter: 2 })],
    ['"others came first"', problem(705, 'six times')],
  ])('an act, after %s: nothing was done', async (_, answer) => {
    const { shoal, seen } = await client(inTurn(answer, json({ name: 'a', revision: 1 })));
    expect(await shoal.addClass('a', [IMAGE])).toMatchObject({ revision: 1 });
    expect(seen).toHaveLength(2);
  });

  test.each([
    ['silence', silence, 'does not answer'],
    ['an error on the other side', problem(901, 'an odd error'), 'an odd error'],
  ])('but not an act after %s: it may have been done', async (_, answer, words) => {
    const { shoal, seen } = await client(answer);
    await expect(shoal.addClass('a', [IMAGE])).rejects.toThrow(words);
    await expect(shoal.undo()).rejects.toThrow(words);
    expect(seen).toHaveLength(2);
  });

  test('nor what was refused for good', async () => {
    const { shoal, seen } = await client(problem(301, 'there is no project "p"'));
    await expect(shoal.classify(IMAGE)).rejects.toBeInstanceOf(NotFound);
    expect(seen).toHaveLength(1);
  });

  test('as often as was asked for', async () => {
    const { shoal, seen } = await client(silence, { tries: 2 });
    await expect(shoal.classes()).rejects.toBeInstanceOf(Unreachable);
    expect(seen).toHaveLength(2);
    const nobody = new Shoal({ origin: await nowhere(), tries: 2 });
    await expect(nobody.call('health')).rejects.toBeInstanceOf(Unreachable);
  });
});

describe('a call that takes too long', () => {
  test('is given up', async () => {
    const { shoal } = await client(() => undefined, { timeout: 50 });
    const error = await shoal.classes().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Unreachable);
    expect((error as Error).message).toBe('no answer within 50 ms');
  });

  test('is not waited for when the edge says that it will', async () => {
    const { shoal, seen } = await client(problem(212, 'tomorrow', { retryAfter: 86_400 }));
    const error = await shoal.classify(IMAGE).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Busy);
    expect(error).toMatchObject({ code: 212, retryAfter: 86_400 });
    expect(seen).toHaveLength(1);
  });

  test('and is called off ends with the reason, and is no trouble of the edge', async () => {
    const abort = new AbortController();
    const { shoal } = await client(() => abort.abort(new Error('another image was chosen')));
    const { signal } = abort;
    await expect(shoal.classify(IMAGE, { signal })).rejects.toThrow('another image was chosen');
    await expect(shoal.classify(IMAGE, { signal })).rejects.toThrow('another image was chosen');
  });
});

describe("one's own changes", () => {
  const asked = (url: string) => new URL(url, 'http://x').searchParams.get('minRevision');

  test('are in the next answer: it is asked for by the newest of them', async () => {
    const { shoal, seen } = await client(
      inTurn(
        json(ANSWER),
        json({ name: 'a', revision: 9 }),
        json(ANSWER),
        json({ id: 'p', live: { version: 1, revision: 12 } }),
        json({ name: 'a', revision: 11 }),
        json(ANSWER),
      ),
    );
    await shoal.classify(IMAGE);
    await shoal.addClass('a', [IMAGE]);
    await shoal.classify(IMAGE);
    await shoal.call('makeLive', { params: { version: '1' } });
    await shoal.removeClass('a');
    await shoal.classify(IMAGE);
    expect(seen.map(({ url }) => asked(url))).toEqual([null, null, '9', null, null, '12']);
  });

  test('are of their project, and asked for only where a route takes it', async () => {
    const { shoal, seen } = await client(json({ name: 'a', revision: 9 }));
    await shoal.addClass('a', [IMAGE]);
    await shoal.classify(IMAGE, { project: 'q' });
    await shoal.classes();
    expect(seen.map(({ url }) => asked(url))).toEqual([null, null, null]);
  });

  test('that were refused are none', async () => {
    const { shoal, seen } = await client(inTurn(problem(602, 'taken'), json(ANSWER)));
    await expect(shoal.addClass('a', [IMAGE])).rejects.toBeInstanceOf(ClassProblem);
    await shoal.classify(IMAGE);
    expect(asked(seen[1]!.url)).toBeNull();
  });
});

/** Checked by the compiler: calls are typed by the route table. */
export async function isTyped(shoal: Shoal) {
  // @ts-expect-error -- there is no such route
  void shoal.call('clasify');
  // @ts-expect-error -- its address has no such part
  void shoal.call('listRounds', { params: { round: '1' } });
  // @ts-expect-error -- nor its query
  void shoal.call('classify', { query: { least: 3 } });
  // @ts-expect-error -- rounds are counted by a number
  void shoal.call('startTraining', { json: { rounds: 'two' } });
  const { revision }: { revision: number } = await shoal.removeClass('a');
  return revision;
}
