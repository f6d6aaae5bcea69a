/** What a version says of itself, what it comes to beside another, and how it goes live. */
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROUTES } from '../../shared/api/routes.ts';
import type { MadeLive, ModelCard } from '../../shared/api/schemas/versions.ts';
import { useEdge } from '../kit/edge.ts';
import { watch } from '../kit/line.ts';
import { getProject, newToyProject, UNTOUCHED, versionOf } from '../kit/project.ts';
import { forceLive, importNear, taskDone, versionNumbered } from '../kit/registry.ts';
import { ask } from '../kit/request.ts';
import { openRound, outcomeOf } from '../kit/round.ts';
import { asPixels, BASE_SHAPES, drawings, SIDE } from '../kit/shapes.ts';

const edge = useEdge();
const project = 'reef';
const params = (version: number) => ({ project, version: String(version) });
const live = async (id = project) => (await getProject(edge.current.anyone, id)).project.live!;

/** A round's version (2), and two imports: one that is as good (3), one that is a wreck (4). */
beforeAll(async () => {
  const patch = { round: { goal: 1 }, server: { warmupSteps: 15, steps: 1, tolerance: 1 } };
  const opened = await openRound(edge.current, project, patch, { volunteers: 1 });
  const [first] = opened.volunteers;
  await first!.send(opened.assignments[0]!, new Float32Array(first!.size));
  await outcomeOf(edge.current, project, 1, first!.line);
  first!.leave();
  expect(await importNear(edge.current, project, 1e-4, 1)).toBe(3);
  expect(await importNear(edge.current, project, 400, 2)).toBe(4);
}, 120_000);

describe('a model card', () => {
  const card = async (version: number): Promise<ModelCard> => {
    const got = await edge.current.anyone.call('getVersion', { params: params(version) });
    expect(v.safeParse(ROUTES.getVersion.reply.json, got).issues ?? []).toEqual([]);
    return got;
  };

  test("of a round's version says which, from what, of how many deltas", async () => {
    const [one, two] = [await card(1), await card(2)];
    expect(one).toMatchObject({ parent: null, lineage: [], origin: 'round', round: 0 });
    expect(one.training).toBeNull();
    expect(two).toMatchObject({ parent: 1, lineage: [1], origin: 'round', round: 1 });
    expect(two.training).toMatchObject({ number: 1, accepted: 1, baseVersion: 1 });
    expect(two.weights).toBe((await versionOf(edge.current.anyone, project, 1)).weights);
  });

  test('says what was measured, how large it is, what it reads and how a file becomes that', async () => {
    const { metrics, sizes, input, output, plan, calibration } = await card(2);
    expect(metrics).toMatchObject({ images: 24, accuracy: expect.any(Number) });
    expect(metrics!.accuracy).toBe(
      (await versionNumbered(edge.current, project, 2)).validationAccuracy,
    );
    const response = await edge.current.anyone.fetch('getWeights', {
      params: { hash: (await card(2)).weights },
    });
    const bytes = (await response.arrayBuffer()).byteLength;
    expect(sizes).toEqual({ parameters: bytes / 4, bytes });
    expect(input).toMatchObject({ shape: [null, 16, 16, 1], range: [0, 1] });
    expect(input.preparation.join(' ')).toMatch(/0\.299 red.*20\/28 of 16 pixels/);
    expect(output).toEqual({ features: 384, classes: BASE_SHAPES });
    expect(plan).toMatchObject({ net: 'strided', codec: 'int8', objective: { id: 'fixmatch' } });
    expect(calibration).toMatchObject({ scale: expect.any(Number) });
  });

  test('of an import has its own metrics and nobody before it', async () => {
    const [near, wreck] = [await card(3), await card(4)];
    expect(near).toMatchObject({ origin: 'import', round: -3, parent: null, training: null });
    expect(near.metrics!.accuracy).toBeGreaterThan(0.8);
    expect(wreck.metrics!.accuracy).toBeLessThan(near.metrics!.accuracy);
    expect(near.state).toBe('not-promoted');
  });
});

describe('two versions', () => {
  const compare = (a: number, b: number) =>
    edge.current.admin.call('compareVersions', { params: { ...params(a), other: String(b) } });

  test('that are one agree on everything', async () => {
    const same = await compare(2, 2);
    expect(same).toMatchObject({ agreement: 1, pValue: 1, images: 24 });
    expect(same.counts.first + same.counts.second).toBe(0);
    expect(v.safeParse(ROUTES.compareVersions.reply.json, same).issues ?? []).toEqual([]);
  });

  test('of which one is a wreck differ, class by class, and not by chance', async () => {
    const { accuracy, counts, metrics, classes, images, pValue, agreement } = await compare(2, 4);
    expect(accuracy).toEqual(metrics.map((one) => one!.accuracy));
    const { both, first, second, neither } = counts;
    expect(both + first + second + neither).toBe(images);
    expect([(both + first) / images, (both + second) / images]).toEqual(accuracy);
    expect(first).toBeGreaterThan(second);
    expect(pValue).toBeLessThan(0.05);
    expect(agreement).toBeLessThan(1);
    expect(classes.map(({ name }) => name)).toEqual(BASE_SHAPES);
    const right = classes.reduce((sum, one) => sum + one.images * one.recall[1], 0);
    expect(right / images).toBeCloseTo(accuracy[1], 12);
  });
});

describe('a version goes live', () => {
  const makeLive = (version: number, query = '') =>
    ask(edge.current.origin, 'makeLive', {
      ...{ params: params(version), query, token: edge.current.adminToken },
    });

  test('by hand where it is fit, whether it was live before or not', async () => {
    const before = await live();
    const best = (await versionNumbered(edge.current, project, before.version)).validationAccuracy;
    const near = (await versionNumbered(edge.current, project, 3)).validationAccuracy;
    const { status, text } = await makeLive(3, near < best ? '?force=true' : '');
    expect(status).toBe(200);
    const made = JSON.parse(text) as MadeLive;
    expect(made).toMatchObject({ task: null, live: { version: 3, revision: before.revision + 1 } });
    expect(JSON.parse((await makeLive(1)).text)).toMatchObject({ live: { version: 1 } });
    const acts = await edge.current.anyone.call('listRevisions', { params: { project } });
    expect(JSON.stringify(acts)).toContain('rollback');
  });

  test('704: not where it is worse, unless that is what the admin wants', async () => {
    const before = await live();
    const { problem } = await makeLive(4);
    expect(problem.code).toBe(704);
    expect(problem.detail).toMatch(/^version 4 recognises .* %.* live version 1 .* %$/);
    expect(await live()).toEqual(before);
    expect((await makeLive(4, '?force=true')).status).toBe(200);
    expect((await live()).version).toBe(4);
    await forceLive(edge.current, project, 1);
  });

  test('with training going on from it', async () => {
    await forceLive(edge.current, project, 2);
    const { training } = await getProject(edge.current.anyone, project);
    expect(training).toMatchObject({ version: 2, phase: 'idle' });
  });
});

/** Twice as wide and high: four times the work for a network. */
function zoomed(drawing: Uint8Array): Uint8Array {
  const side = 2 * SIDE;
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [(i % side) >> 1, Math.floor(i / side) >> 1];
    return drawing[y * SIDE + x]!;
  });
}

test('a version that must look at very many examples first goes live behind a 202, with all of them at once', async () => {
  const id = 'crowded';
  const { plan, classes, ...rest } = newToyProject(id, { ...UNTOUCHED, net: 'resnet9' });
  const larger = (images: readonly unknown[]) =>
    images.map((one) =>
      asPixels(zoomed(Buffer.from((one as { pixels: string }).pixels, 'base64'))),
    );
  await edge.current.admin.call('createProject', {
    json: {
      ...rest,
      plan: { ...plan, input: { size: 2 * SIDE, channels: 1 } },
      classes: classes.map(({ name, examples, validation }) => ({
        ...{ name, examples: larger(examples), validation: larger(validation!) },
      })),
    },
  });
  const line = watch(edge.current, id);
  await line.state('the first version is live', ({ version }) => version === 1);
  line.close();
  // 1,600 images of a third of a gigaflop each: far more than the two seconds of a reply.
  const drawn = drawings('ring', 400, 3).map((one) => asPixels(zoomed(one)));
  for (let n = 0; n < 4; n++)
    await edge.current.admin.call('addClass', {
      params: { project: id },
      // Other examples each time: the same ones would be embedded once.
      json: { name: `class ${n}`, examples: drawn.slice(n) },
    });
  const near = await importNear(edge.current, id, 1e-4, 1);
  const before = await live(id);
  const classify = () =>
    edge.current.admin.call('classify', {
      params: { project: id },
      json: { pixels: asPixels(zoomed(drawings('ring', 1, 9)[0]!)).pixels },
      query: { top: 100 },
    });
  const { task, live: still } = await forceLive(edge.current, id, near);
  expect(task).toMatchObject({ kind: 'promote', state: 'working', version: near });
  expect(still).toEqual(before);
  const during = await classify();
  expect([during.version, during.classes.length]).toEqual([1, BASE_SHAPES.length + 4]);
  expect(await taskDone(edge.current, id, task!)).toMatchObject({
    ...{ id: task!.id, state: 'done', progress: 1, version: near, problem: null },
  });
  expect(await live(id)).toMatchObject({ version: near, revision: before.revision + 1 });
  const after = await classify();
  expect([after.version, after.classes.length]).toEqual([near, BASE_SHAPES.length + 4]);
}, 180_000);
