/** The edge torn down in the middle of things, and started again on what is on its disk. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrainingState } from '../../shared/protocol/messages.ts';
import { START_MS, startTestEdge, type TestEdge } from '../kit/edge.ts';
import { watch } from '../kit/line.ts';
import { getProject, newToyProject, UNTOUCHED, versionOf, weightsOf } from '../kit/project.ts';
import { openRound, outcomeOf, type Opened } from '../kit/round.ts';
import { aggregateOf, farthest, noise, type ToyVolunteer } from '../kit/volunteer.ts';

const folder = mkdtempSync(join(tmpdir(), 'shoal-restart-'));
let edge: TestEdge;
let opened: Opened;
let [a, b, c, d]: ToyVolunteer[] = [];

async function restart(): Promise<void> {
  await edge.stop();
  edge = await startTestEdge(folder);
}

const round = { goal: 4, minimum: 4, deadlineSeconds: 600 };
/** Long enough to be torn down in the middle of it; its steps still change nothing. */
const plan = { ...UNTOUCHED, server: { ...UNTOUCHED.server, steps: 40 }, round };
/** Some seconds of learning: longer than the time after which the server first says how far it is. */
const slow = { server: { warmupSteps: 500, batch: 1 } };

beforeAll(async () => {
  edge = await startTestEdge(folder);
  opened = await openRound(edge, 'reef', plan, { volunteers: 4 });
  [a, b, c, d] = opened.volunteers;
}, START_MS);

afterAll(async () => {
  for (const one of opened.volunteers) one.leave();
  await edge.stop();
  rmSync(folder, { recursive: true, force: true });
});

const training = async () => (await getProject(edge.anyone, 'reef')).training;
const delta = (seed: number) => noise(a!.size, 1, seed);

test('what was acknowledged is still there after a restart, and so are the tickets', async () => {
  const [assignment] = opened.assignments;
  await a!.send(assignment!, delta(1), 10);
  await b!.send(assignment!, delta(2), 20);
  await restart();
  const expected = { phase: 'training', round: 1, accepted: 2, asked: 4, volunteers: 0 };
  expect(await training()).toMatchObject(expected);
});

test('a delta that comes many times at once, right after the restart, is counted once', async () => {
  const [, , , assignment] = opened.assignments;
  d!.moveTo(edge);
  const receipts = await Promise.all([1, 2, 3, 4].map(() => d!.send(assignment!, delta(4), 40)));
  expect(receipts.map(({ repeated }) => repeated).sort()).toEqual([false, true, true, true]);
  expect((await training()).accepted).toBe(3);
});

test('whoever comes back goes on where it was', async () => {
  const [first, , third] = opened.assignments;
  for (const one of [a, b, c, d]) await one!.arrive(edge);
  expect(await training()).toMatchObject({ phase: 'training', accepted: 3, volunteers: 4 });
  expect(await c!.assignment(1)).toEqual(third);
  expect(await a!.send(first!, delta(1), 10)).toMatchObject({ repeated: true });
  for (const one of [a, b, d]) expect(one!.line.heard.assignment).toEqual([]);
});

test('a round that is torn down again in the server step comes to what all deltas make, each once', async () => {
  await c!.send(opened.assignments[2]!, delta(3), 30);
  await c!.line.state('the server step', ({ phase }) => phase === 'finetuning');
  await restart();
  const line = watch(edge, 'reef');
  const outcome = await outcomeOf(edge, 'reef', 1, line);
  line.close();
  expect(outcome).toMatchObject({ accepted: 4, asked: 4, candidateVersion: 2 });
  const deltas = [1, 2, 3, 4].map((seed) => ({ values: delta(seed), images: 10 * seed }));
  const { weights } = await versionOf(edge.anyone, 'reef', 1);
  const made = await weightsOf(edge.anyone, weights);
  expect(farthest(made, aggregateOf(opened.base, deltas))).toBeLessThan(1e-5);
  const versions = await edge.anyone.call('listVersions', { params: { project: 'reef' } });
  expect(versions.map(({ number }) => number)).toEqual([2, 1]);
});

test('a first version is made all the same when it is torn down while it is learning', async () => {
  await edge.admin.call('createProject', { json: newToyProject('halfway', slow) });
  const before = watch(edge, 'halfway');
  // Or all of them, on a very fast machine.
  const isUnderWay = ({ serverProgress, version }: TrainingState) =>
    (serverProgress ?? 0) > 0 || version === 1;
  await before.state('some steps are done', isUnderWay);
  before.close();
  await edge.admin.call('createProject', { json: newToyProject('just-begun', slow) });
  await restart();
  const hashes: string[] = [];
  for (const id of ['halfway', 'just-begun']) {
    const line = watch(edge, id);
    await line.state(`the first version of ${id}`, ({ version }) => version === 1);
    line.close();
    hashes.push((await versionOf(edge.anyone, id, 0)).weights);
  }
  // Both follow from one plan and one seed: one that was begun twice is like any other.
  expect(hashes[0]).toBe(hashes[1]);
}, 120_000);
