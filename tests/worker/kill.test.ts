/** kill -9 in the middle of what changes a project's versions: afterwards it is done or as before. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Answer } from '../../shared/api/schemas/answers.ts';
import type { Task } from '../../shared/api/schemas/versions.ts';
import { Random } from '../../shared/math/random.ts';
import { packSafetensors } from '../../shared/weights/safetensors.ts';
import { SAFETENSORS_TYPE } from '../../shared/api/media.ts';
import { START_MS, startTestEdge, type TestEdge } from '../kit/edge.ts';
import { watch } from '../kit/line.ts';
import { getProject, UNTOUCHED, weightsOf } from '../kit/project.ts';
import { forceLive, taskDone } from '../kit/registry.ts';
import { openRound, outcomeOf, type Opened } from '../kit/round.ts';
import { asPixels, asTensor, BASE_SHAPES, draw } from '../kit/shapes.ts';
import { noise } from '../kit/volunteer.ts';

vi.setConfig({ testTimeout: 120_000 });

const folder = mkdtempSync(join(tmpdir(), 'shoal-kill-'));
const id = 'reef';
const params = { project: id };
const random = new Random(9);
/** More than are embedded in one group. */
const drawn = Array.from({ length: 80 }, () => draw('ring', random));
let heard: (step: string) => void = () => undefined;
let edge: TestEdge;
let opened: Opened;

const start = () => startTestEdge(folder, { onPersist: (step) => heard(step) });

beforeAll(async () => {
  edge = await start();
  const plan = { ...UNTOUCHED, round: { goal: 1, deadlineSeconds: 600 } };
  opened = await openRound(edge, id, plan, { volunteers: 1 });
  const classes = drawn.map((one, i) => ({ name: `class ${i}`, examples: [asPixels(one)] }));
  await edge.admin.call('addClasses', { params, json: { classes } });
}, START_MS);

afterAll(async () => {
  for (const one of opened.volunteers) one.leave();
  await edge.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Begins something and kills workerd as soon as it comes to a step; the edge is up again then. */
async function killedAt(step: string, begin: () => Promise<unknown>): Promise<void> {
  const reached = new Promise<void>((resolve) => {
    heard = (one) => one === step && resolve();
  });
  // Its answer goes down with the edge, or has come before.
  const begun = begin().catch(() => undefined);
  await reached;
  process.kill(edge.pid()!, 'SIGKILL');
  await edge.stop();
  await begun;
  edge = await start();
}

const live = async () => (await getProject(edge.anyone, id)).project.live!;

/** One of these versions answers with all classes, and with its own embeddings of them only. */
async function expectWhole(...either: number[]): Promise<void> {
  for (const place of [0, 40, 79]) {
    const answer: Answer = await edge.admin.call('classify', {
      params,
      ...{ bytes: asTensor(drawn[place]!), type: 'application/x-tensor', query: { top: 100 } },
    });
    expect(either).toContain(answer.version);
    expect(answer.classes).toHaveLength(BASE_SHAPES.length + drawn.length);
    const own = answer.classes.find(({ name }) => name === `class ${place}`);
    expect(own?.similarity).toBeGreaterThan(0.9999);
  }
}

/** The head stays: it is zero in a version that was not trained, so no version is worse than another. */
function moved(size: number, seed: number): Float32Array {
  const { entries } = opened.volunteers[0]!.recipe.model.layout;
  return noise(size, 1, seed).fill(0, entries.find(({ name }) => name.startsWith('head/'))!.offset);
}

/** Weights near the live version's, as a file. */
async function fileNear(seed: number): Promise<Uint8Array> {
  const { layout } = opened.volunteers[0]!.recipe.model;
  const base = await weightsOf(edge.anyone, (await live()).weights);
  const difference = moved(layout.size, seed);
  return packSafetensors(
    layout,
    base.map((value, i) => value + difference[i]!),
    {},
  );
}

const versions = () => edge.anyone.call('listVersions', { params });

test.each(['version round', 'embeddings', 'revision promote', 'round idle'])(
  'a round that dies at "%s" goes on by itself, and makes its version once',
  async (step) => {
    const round = (await versions())[0]!.round + 1;
    const [volunteer] = opened.volunteers;
    if (round > 1) {
      await volunteer!.arrive(edge);
      await edge.admin.call('startTraining', { params, json: { rounds: 1 } });
    }
    const assignment = round === 1 ? opened.assignments[0]! : await volunteer!.assignment(round);
    const delta = moved(volunteer!.size, round);
    await killedAt(step, () => volunteer!.send(assignment, delta));
    // It may have gone on already.
    await expectWhole(round, round + 1);
    const line = watch(edge, id);
    const outcome = await outcomeOf(edge, id, round, line);
    line.close();
    expect(outcome).toMatchObject({ accepted: 1, candidateVersion: round + 1 });
    expect(await versions()).toHaveLength(round + 1);
    await expectWhole((await live()).version);
  },
);

test('an import that dies goes on by itself, and is one version', async () => {
  const before = await versions();
  const bytes = await fileNear(5);
  const send = () => edge.admin.call('importVersion', { params, bytes, type: SAFETENSORS_TYPE });
  let task: Task;
  await killedAt('version import', async () => (task = await send()));
  expect(await taskDone(edge, id, task!)).toMatchObject({ state: 'done', problem: null });
  // Sent again it is the same version.
  const again = await taskDone(edge, id, await send());
  const after = await versions();
  expect(after).toHaveLength(before.length + 1);
  expect(again.version).toBe(after[0]!.number);
  await expectWhole((await live()).version);
});

test.each(['embeddings', 'revision promote'])(
  'a promotion that dies at "%s" is done or as before, and is done when asked again',
  async (step) => {
    const before = await live();
    const bytes = await fileNear(step.length);
    const type = SAFETENSORS_TYPE;
    const sent = await edge.admin.call('importVersion', { params, bytes, type });
    const version = (await taskDone(edge, id, sent)).version!;
    await killedAt(step, () => forceLive(edge, id, version));
    const between = await live();
    expect([before.revision, before.revision + 1]).toContain(between.revision);
    expect(between.version).toBe(between.revision === before.revision ? before.version : version);
    await expectWhole(between.version);
    await forceLive(edge, id, version);
    expect(await live()).toMatchObject({ version, revision: before.revision + 1 });
    await expectWhole(version);
  },
);
