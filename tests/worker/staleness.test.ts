/** How soon a change of classes is seen, by whom, and never to the past. */
import { beforeAll, describe, expect, test } from 'vitest';
import { LIVE_MS, type Answer } from '../../shared/api/schemas/answers.ts';
import { useEdge } from '../kit/edge.ts';
import { liveToyProject } from '../kit/project.ts';
import { ask } from '../kit/request.ts';
import { asPixels, asTensor, drawings } from '../kit/shapes.ts';

const edge = useEdge();
const project = 'reef';
const params = { project };

beforeAll(() => liveToyProject(edge.current, project), 120_000);

const examples = drawings('ring', 3, 3).map(asPixels);
const add = (name: string) =>
  edge.current.admin.call('addClass', { params, json: { name, examples } });
const query = (minRevision?: number) => (minRevision === undefined ? {} : { minRevision });
const classify = (who: 'admin' | 'anyone', minRevision?: number): Promise<Answer> =>
  edge.current[who].call('classify', {
    params,
    ...{ bytes: asTensor(drawings('ring', 1, 5)[0]!), type: 'application/x-tensor' },
    query: query(minRevision),
  });

describe('a class that was added is in the next answer', () => {
  test('to an admin, time after time', async () => {
    for (let i = 0; i < 5; i++) {
      await classify('anyone');
      const { revision } = await add(`for admins ${i}`);
      expect((await classify('admin')).revision).toBe(revision);
    }
  });

  test('to whoever names the revision that the change was answered with', async () => {
    for (let i = 0; i < 5; i++) {
      await classify('anyone');
      const { revision } = await add(`for apps ${i}`);
      expect((await classify('anyone', revision)).revision).toBe(revision);
      // What an isolate has seen it does not forget.
      expect((await classify('anyone')).revision).toBe(revision);
    }
  });
});

test('all others know it within the stated bound, and answers never go back', async () => {
  for (let i = 0; i < 3; i++) {
    const before = await classify('anyone');
    const { revision } = await add(`for all ${i}`);
    const changed = performance.now();
    const seen: { revision: number; asked: number }[] = [];
    do {
      const asked = performance.now() - changed;
      seen.push({ revision: (await classify('anyone')).revision, asked });
    } while (seen.at(-1)!.revision !== revision);
    for (const one of seen.slice(0, -1)) {
      expect(one.revision).toBe(before.revision);
      expect(one.asked).toBeLessThanOrEqual(LIVE_MS);
    }
  }
});

test('706: a revision that is not there is refused, with a time to come back', async () => {
  const { revision } = await classify('admin');
  const options = {
    params,
    ...{ body: asTensor(drawings('ring', 1, 5)[0]!), type: 'application/x-tensor' },
    query: `?minRevision=${revision + 1}`,
  };
  for (const name of ['classify', 'classifyBatch', 'embed', 'embedBatch'] as const) {
    const { status, headers, problem } = await ask(edge.current.origin, name, options);
    expect([status, problem.code, problem.retryAfter]).toEqual([409, 706, 1]);
    expect(headers.get('retry-after')).toBe('1');
    expect(problem.detail).toContain(`revision ${revision}, not ${revision + 1}`);
  }
});
