/** A candidate that answers a share of the requests beside the live version. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Canary } from '../../shared/api/schemas/versions.ts';
import { isChosen } from '../../worker/classify/trial.ts';
import { CANARY_MS } from '../../worker/registry/canary.ts';
import { useEdge } from '../kit/edge.ts';
import { getProject, liveToyProject } from '../kit/project.ts';
import { forceLive, importNear } from '../kit/registry.ts';
import { asPixels, asTensor, drawings } from '../kit/shapes.ts';

const edge = useEdge();
const project = 'reef';
const params = { project };
let [near, wreck] = [0, 0];

beforeAll(async () => {
  await liveToyProject(edge.current, project);
  near = await importNear(edge.current, project, 1e-4, 1);
  wreck = await importNear(edge.current, project, 400, 2);
}, 120_000);

const put = (version: number, share: number) =>
  edge.current.admin.call('putCanary', { params, json: { version, share } });
const find = (): Promise<Canary | null> => edge.current.admin.call('getCanary', { params });
const get = async () => (await find())!;
const end = () => edge.current.admin.call('endCanary', { params });

/** Asks, and tells by the reply's own id whether the canary was to answer. */
async function ask(shape: 'disc' | 'cross', seed: number) {
  const response = await edge.current.anyone.fetch('classify', {
    params,
    ...{ bytes: asTensor(drawings(shape, 1, seed)[0]!), type: 'application/x-tensor' },
    query: { top: 100 },
  });
  const answer = (await response.json()) as { version: number; label: string; classes: unknown[] };
  return { ...answer, requestId: response.headers.get('x-request-id')! };
}

/** The isolate goes by what it has read for so long: asks until that shows. */
async function untilAnswered(by: number): Promise<void> {
  const options = { timeout: 10 * CANARY_MS };
  await expect.poll(async () => (await ask('disc', 1)).version, options).toBe(by);
}

test('a share of the request ids is chosen, the same ones each time', () => {
  const ids = Array.from({ length: 20_000 }, (_, i) => `${i.toString(16)}-4a${i % 7}`);
  for (const share of [0.01, 0.25, 0.9]) {
    const chosen = ids.filter((id) => isChosen(id, share));
    // Five standard deviations of a binomial.
    const spread = 5 * Math.sqrt(share * (1 - share) * ids.length);
    expect(Math.abs(chosen.length - share * ids.length)).toBeLessThan(spread);
    expect(ids.filter((id) => isChosen(id, share))).toEqual(chosen);
    // A larger share has all of a smaller one's: whoever was on the canary stays on it.
    expect(chosen.every((id) => isChosen(id, Math.min(1, 2 * share)))).toBe(true);
  }
  expect(ids.every((id) => isChosen(id, 1))).toBe(true);
});

describe('a canary', () => {
  test('answers the requests of its share, says its own version, and is counted exactly', async () => {
    const begun = await put(near, 0.5);
    expect(begun).toMatchObject({ task: null, canary: { version: near, share: 0.5, answered: 0 } });
    await untilAnswered(near);
    const before = await settled();
    const answers = [];
    for (let seed = 1; seed <= 40; seed++) answers.push(await ask('cross', seed));
    for (const { requestId, version } of answers)
      expect(version).toBe(isChosen(requestId, 0.5) ? near : 1);
    const mine = answers.filter(({ version }) => version === near).length;
    expect(mine).toBeGreaterThan(0);
    await expect.poll(async () => (await get()).answered, POLL).toBe(before.answered + mine);
    const { answered, compared, agreement, latency } = await settled();
    expect([answered, compared]).toEqual([before.answered + mine, before.compared + mine]);
    // So near the live version that nothing tells them apart.
    expect(agreement).toBe(1);
    for (const one of [latency.canary, latency.live]) {
      expect(one.count).toBe(compared);
      expect(one.p50!).toBeGreaterThan(0);
      expect(one.p95!).toBeGreaterThanOrEqual(one.p50!);
      expect(one.mean!).toBeGreaterThan(0);
    }
  });

  test('goes on counting when only its share changes, and counts anew for another version', async () => {
    const before = await settled();
    const { canary } = await put(near, 1);
    expect(canary).toEqual({ ...before, share: 1 });
    expect((await put(wreck, 1)).canary).toMatchObject({
      version: wreck,
      answered: 0,
      compared: 0,
    });
  });

  test('that is a wreck agrees less', async () => {
    await untilAnswered(wreck);
    for (const shape of ['disc', 'cross'] as const)
      for (let seed = 1; seed <= 10; seed++) await ask(shape, seed);
    expect((await settled()).agreement!).toBeLessThan(1);
  });

  test('knows a class that was added after it began', async () => {
    const examples = drawings('ring', 3, 3).map(asPixels);
    await edge.current.admin.call('addClass', { params, json: { name: 'ring', examples } });
    await expect
      .poll(async () => (await ask('disc', 1)).classes.length, { timeout: 10_000 })
      .toBe(5);
    expect((await ask('disc', 1)).version).toBe(wreck);
  });

  test('is ended by hand, with what it came to', async () => {
    const before = await settled();
    expect(await end()).toEqual(before);
    expect(await find()).toBeNull();
    await untilAnswered(1);
  });

  test('is over when another version goes live, its own or any', async () => {
    for (const version of [near, 1]) {
      await put(wreck, 0.5);
      await forceLive(edge.current, project, version);
      expect(await find()).toBeNull();
    }
    const { live } = (await getProject(edge.current.anyone, project)).project;
    expect(live!.version).toBe(1);
    await expect(put(1, 0.5)).rejects.toMatchObject({ code: 713 });
  });
});

const POLL = { timeout: 20_000 };

/** Once everything that was answered has been compared and told. */
async function settled(): Promise<Canary> {
  let last: Canary | undefined;
  const isSettled = async () => {
    const before = last;
    last = await get();
    const { answered, compared, latency } = last;
    return (
      answered === compared && latency.live.count === compared && before?.answered === answered
    );
  };
  await expect.poll(isSettled, { ...POLL, interval: 1500 }).toBe(true);
  return last!;
}
