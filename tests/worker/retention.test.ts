/** Which versions' weights are kept, and that the others are let go for good. */
import { describe, expect, test } from 'vitest';
import { toLetGo } from '../../worker/registry/retention.ts';
import { useEdge } from '../kit/edge.ts';
import { liveToyProject, UNTOUCHED } from '../kit/project.ts';
import { forceLive, importNear, versionNumbered } from '../kit/registry.ts';
import { ask } from '../kit/request.ts';

describe('of many versions', () => {
  const present = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const holding = { present, promotions: [2], canary: null, bases: [], keep: 2 };

  test('the newest are kept, and what was live last', () => {
    expect(toLetGo(holding)).toEqual([1, 3, 4, 5, 6, 7]);
    expect(toLetGo({ ...holding, promotions: [2, 4, 2, 4, 5] })).toEqual([1, 3, 5, 6, 7]);
  });

  test('a canary is kept, and what an open round starts from', () => {
    expect(toLetGo({ ...holding, canary: 3, bases: [5, 6] })).toEqual([1, 4, 7]);
  });

  test('none goes where there are no more than are kept', () => {
    expect(toLetGo({ ...holding, keep: 9 })).toEqual([]);
    expect(toLetGo({ ...holding, present: [] })).toEqual([]);
  });
});

describe('weights', () => {
  const edge = useEdge();
  const admin = () => edge.current.admin;
  const keep = (project: string, keepVersions: number) =>
    admin().call('changeSettings', { params: { project }, json: { keepVersions } });
  const isThere = async (hash: string) =>
    (await ask(edge.current.origin, 'getWeights', { params: { hash } })).status === 200;
  const expired = async (project: string) => {
    const versions = await edge.current.anyone.call('listVersions', { params: { project } });
    return versions
      .filter(({ expiredAt }) => expiredAt !== null)
      .map(({ number }) => number)
      .sort();
  };
  const settle = (project: string, numbers: number[]) =>
    expect.poll(() => expired(project), { timeout: 20_000 }).toEqual(numbers);

  test('of old versions are let go, with all that could be done with them; their cards stay', async () => {
    await liveToyProject(edge.current, 'shed', UNTOUCHED);
    await keep('shed', 2);
    for (const seed of [2, 3, 4, 5]) await importNear(edge.current, 'shed', 1, seed);
    await settle('shed', [2, 3]);
    const { weights } = await versionNumbered(edge.current, 'shed', 2);
    await expect.poll(() => isThere(weights), { timeout: 20_000 }).toBe(false);
    const params = { project: 'shed', version: '2' };
    for (const name of [
      ...['exportSafetensors', 'exportZip', 'exportGraph', 'exportGraphWeights'],
      ...['exportGraphConstants', 'makeLive', 'compareVersions'],
    ] as const) {
      const options = { params: { ...params, other: '1' }, token: edge.current.adminToken };
      const { problem } = await ask(edge.current.origin, name as 'makeLive', options);
      expect([name, problem.code]).toEqual([name, 711]);
    }
    const canary = { params: { project: 'shed' }, json: { version: 2, share: 0.5 } };
    await expect(admin().call('putCanary', canary)).rejects.toMatchObject({ code: 711 });
    const card = await edge.current.anyone.call('getVersion', { params });
    expect(card).toMatchObject({ number: 2, weights, expiredAt: expect.any(Number) });
  });

  test('of what is live, was live last, or is a canary stay, however old', async () => {
    await admin().call('putCanary', {
      params: { project: 'shed' },
      json: { version: 4, share: 0.1 },
    });
    for (const seed of [6, 7, 8]) await importNear(edge.current, 'shed', 1, seed);
    await settle('shed', [2, 3, 5, 6]);
    for (const number of [1, 4, 7, 8])
      expect(await isThere((await versionNumbered(edge.current, 'shed', number)).weights)).toBe(
        true,
      );
    expect((await forceLive(edge.current, 'shed', 4)).live!.version).toBe(4);
    expect((await forceLive(edge.current, 'shed', 7)).live!.version).toBe(7);
    // 1 is neither among the two newest nor among the last two that were live.
    await settle('shed', [1, 2, 3, 5, 6]);
  });

  test('that another project has too stay for it', async () => {
    // One plan and one seed: the first versions have the same weights.
    const [a, b] = [
      (await liveToyProject(edge.current, 'twin-a', UNTOUCHED)).project.live!,
      (await liveToyProject(edge.current, 'twin-b', UNTOUCHED)).project.live!,
    ];
    expect(a.weights).toBe(b.weights);
    await keep('twin-a', 1);
    for (const seed of [2, 3]) {
      const number = await importNear(edge.current, 'twin-a', 1, seed);
      await forceLive(edge.current, 'twin-a', number);
    }
    await settle('twin-a', [1, 2]);
    const second = await versionNumbered(edge.current, 'twin-a', 2);
    await expect.poll(() => isThere(second.weights), { timeout: 20_000 }).toBe(false);
    expect(await isThere(a.weights)).toBe(true);
  });
});
