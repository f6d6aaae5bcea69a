/** A crowd over several shards, with checkpoints, torn down in the middle. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Receipt } from '../../shared/api/schemas/training.ts';
import { range } from '../../shared/math/random.ts';
import { shardOf } from '../../shared/rounds/shards.ts';
import { START_MS, startTestEdge, type TestEdge } from '../kit/edge.ts';
import { watch } from '../kit/line.ts';
import { getProject, UNTOUCHED, weightsOf } from '../kit/project.ts';
import { openRound, outcomeOf, type Opened } from '../kit/round.ts';
import { aggregateOf, farthest, noise } from '../kit/volunteer.ts';

const VOLUNTEERS = 30;
const SHARDS = 3;
const folder = mkdtempSync(join(tmpdir(), 'shoal-shards-'));
const round = {
  goal: VOLUNTEERS,
  minimum: 2,
  deadlineSeconds: 600,
  overSelection: 1,
  shards: SHARDS,
};
let edge: TestEdge;
let opened: Opened;
const receipts: Receipt[] = [];

beforeAll(async () => {
  edge = await startTestEdge(folder);
  opened = await openRound(edge, 'spread', { ...UNTOUCHED, round }, { volunteers: VOLUNTEERS });
}, START_MS);

afterAll(async () => {
  for (const one of opened.volunteers) one.leave();
  await edge.stop();
  rmSync(folder, { recursive: true, force: true });
});

const delta = (i: number) => noise(opened.volunteers[0]!.size, 1, i + 1);
const send = async (i: number) => {
  const volunteer = opened.volunteers[i]!;
  volunteer.moveTo(edge);
  receipts.push(await volunteer.send(opened.assignments[i]!, delta(i), i + 1));
};

test('each volunteer is at the shard that its id names, and has a seed of its own', () => {
  for (const { ticket } of opened.volunteers)
    expect(ticket.shard).toBe(shardOf(ticket.volunteer, SHARDS));
  expect(new Set(opened.volunteers.map(({ ticket }) => ticket.shard)).size).toBe(SHARDS);
  expect(new Set(opened.assignments.map(({ seed }) => seed)).size).toBe(VOLUNTEERS);
});

test('a line to another shard than its own is refused', async () => {
  const { ticket } = opened.volunteers[0]!;
  const line = watch(edge, 'spread', { ...ticket, shard: (ticket.shard + 1) % SHARDS });
  expect(await line.hear('problem', 'why it is closed')).toMatchObject({ code: 202 });
  line.close();
});

test('what was acknowledged outlives a restart, in the sums written down and in the log', async () => {
  // Those that come at once are written as the sum they make, those that come alone as they are.
  await Promise.all(range(VOLUNTEERS / 2).map(send));
  for (let i = VOLUNTEERS / 2; i < VOLUNTEERS - 2; i++) await send(i);
  await edge.stop();
  edge = await startTestEdge(folder);
  const { training } = await getProject(edge.anyone, 'spread');
  expect(training).toMatchObject({
    phase: 'training',
    accepted: VOLUNTEERS - 2,
    asked: VOLUNTEERS,
  });
});

test('the round comes to what all of them make, each once', async () => {
  for (let i = VOLUNTEERS - 2; i < VOLUNTEERS; i++) await send(i);
  const line = watch(edge, 'spread');
  const outcome = await outcomeOf(edge, 'spread', 1, line);
  line.close();
  expect(outcome).toMatchObject({ accepted: VOLUNTEERS, asked: VOLUNTEERS });
  const deltas = opened.volunteers.map((_, i) => ({ values: delta(i), images: i + 1 }));
  const made = await weightsOf(edge.anyone, outcome.aggregate!);
  expect(farthest(made, aggregateOf(opened.base, deltas))).toBeLessThan(1e-6);
});

test('receipts name every place in every shard once', () => {
  const places = receipts.map(({ shard, position }) => `${shard}/${position}`);
  expect(new Set(places).size).toBe(VOLUNTEERS);
  for (let shard = 0; shard < SHARDS; shard++) {
    const mine = receipts.filter((receipt) => receipt.shard === shard).map((r) => r.position);
    expect(mine.sort((a, b) => a - b)).toEqual(mine.map((_, i) => i + 1));
  }
});
