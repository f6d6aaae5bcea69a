/** A version with thousands of classes takes another's place: under load, and torn down in between. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answer } from '../../shared/api/schemas/answers.ts';
import { Random } from '../../shared/math/random.ts';
import type { TrainingState } from '../../shared/protocol/messages.ts';
import { START_MS, startTestEdge, type TestEdge } from '../kit/edge.ts';
import { watch } from '../kit/line.ts';
import { getProject, UNTOUCHED } from '../kit/project.ts';
import { openRound, outcomeOf, type Opened } from '../kit/round.ts';
import { asPixels, asTensor, draw } from '../kit/shapes.ts';
import { noise } from '../kit/volunteer.ts';

const folder = mkdtempSync(join(tmpdir(), 'shoal-switch-'));
const id = 'reef';
const params = { project: id };
const BATCHES = 12;
const EACH = 200;
let edge: TestEdge;
let opened: Opened;

const random = new Random(4);
/** Each class is one drawing, and no two are alike. */
const drawing = () => draw('ring', random);
const [probe] = [drawing()];

// What a delta makes of the network stays as it is: its server step changes nothing.
const patch = {
  ...UNTOUCHED,
  round: { goal: 1, deadlineSeconds: 600 },
  aggregation: { before: [] },
};

beforeAll(async () => {
  edge = await startTestEdge(folder);
  opened = await openRound(edge, id, patch, { volunteers: 1, rounds: 2 });
  await add('probe', probe!);
  for (let batch = 0; batch < BATCHES; batch++) {
    const classes = Array.from({ length: EACH }, (_, i) => ({
      name: `class ${batch * EACH + i}`,
      examples: [asPixels(drawing())],
    }));
    await edge.admin.call('addClasses', { params, json: { classes } });
  }
}, 2 * START_MS);

afterAll(async () => {
  for (const one of opened.volunteers) one.leave();
  await edge.stop();
  rmSync(folder, { recursive: true, force: true });
});

const add = (name: string, one: Uint8Array) =>
  edge.admin.call('addClass', { params, json: { name, examples: [asPixels(one)] } });
const classify = (api: TestEdge['admin'], one: Uint8Array): Promise<Answer> =>
  api.call('classify', {
    params,
    ...{ bytes: asTensor(one), type: 'application/x-tensor' },
    query: { top: 100 },
  });
const live = async () => (await getProject(edge.anyone, id)).project.live!;
const similarityTo = (name: string, { classes }: Answer) =>
  classes.find((one) => one.name === name)?.similarity;

/**
 * Far from where it was: what one version makes of an image is nothing like what the other does. The
 * head stays: it is zero in a version that was not trained, so no version is worse than another.
 */
const delta = (seed: number) => {
  const { size, recipe } = opened.volunteers[0]!;
  const head = recipe.model.layout.entries.find(({ name }) => name.startsWith('head/'))!.offset;
  return noise(size, 30, seed).fill(0, head);
};

/** The server step's last tenth: classes are embedded under the new version. Or on a very fast machine were. */
const isEmbedding =
  (candidate: number) =>
  ({ phase, serverProgress, version }: TrainingState) =>
    (phase === 'finetuning' && (serverProgress ?? 0) > 0.9) || version === candidate;

test('no answer mixes versions, and what is added meanwhile comes along', async () => {
  const [volunteer] = opened.volunteers;
  const answers: Answer[] = [];
  const added: { name: string; one: Uint8Array; revision: number; version: number }[] = [];
  const over = new AbortController();
  const asking = async (api: TestEdge['admin']) => {
    while (!over.signal.aborted) answers.push(await classify(api, probe!));
  };
  const adding = async () => {
    while (!over.signal.aborted) {
      const [name, one] = [`late ${added.length}`, drawing()];
      const { revision, version } = await add(name, one);
      added.push({ name, one, revision, version });
    }
  };
  await volunteer!.send(opened.assignments[0]!, delta(1));
  const embedding = volunteer!.line.state('classes are embedded, slice by slice', isEmbedding(2));
  const ended = outcomeOf(edge, id, 1, volunteer!.line).finally(() => over.abort());
  const done = Promise.all([asking(edge.admin), asking(edge.anyone), adding()]);
  await embedding;
  expect(await ended).toMatchObject({ outcome: 'promoted', candidateVersion: 2 });
  await done;

  // The image is an example itself: whatever version answers, it is exactly like its class.
  for (const answer of answers) expect(similarityTo('probe', answer)).toBeGreaterThan(0.9999);
  expect(new Set(answers.map(({ version }) => version))).toEqual(new Set([1, 2]));
  const versionOf = new Map<number, number>();
  for (const { revision, version } of [...answers, ...added]) {
    expect(versionOf.get(revision) ?? version).toBe(version);
    versionOf.set(revision, version);
  }
  expect(new Set(added.map(({ version }) => version))).toContain(1);
  for (const { name, one } of added) {
    const answer = await classify(edge.admin, one);
    expect(answer.version).toBe(2);
    expect(similarityTo(name, answer)).toBeGreaterThan(0.9999);
  }
}, 120_000);

test('torn down while classes are embedded it goes on, and they are all there at once', async () => {
  const [volunteer] = opened.volunteers;
  const before = await live();
  const names = async () =>
    (await edge.anyone.call('listClasses', { params })).map(({ name }) => name);
  const known = await names();
  await volunteer!.send(await volunteer!.assignment(2), delta(2));
  await volunteer!.line.state('classes are embedded', isEmbedding(3));
  await edge.stop();
  edge = await startTestEdge(folder);
  // Nobody sees the half of it.
  const meanwhile = await classify(edge.admin, probe!);
  expect(similarityTo('probe', meanwhile)).toBeGreaterThan(0.9999);
  expect([2, 3]).toContain(meanwhile.version);
  const line = watch(edge, id);
  const outcome = await outcomeOf(edge, id, 2, line);
  line.close();
  expect(outcome).toMatchObject({ outcome: 'promoted', candidateVersion: 3 });
  expect(await live()).toMatchObject({ version: 3, revision: before.revision + 1 });
  const answer = await classify(edge.admin, probe!);
  expect(answer.version).toBe(3);
  expect(similarityTo('probe', answer)).toBeGreaterThan(0.9999);
  expect(await names()).toEqual(known);
}, 120_000);
