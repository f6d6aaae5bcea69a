/** A volunteer that ends in the middle of its work, and begins again with what it has kept. */
import { describe, expect, test } from 'vitest';
import { inMemory, type Kept, type Memory } from '../../client/sdk/memory.ts';
import type { PlanInput } from '../../shared/api/plan.ts';
import type { Assignment } from '../../shared/protocol/messages.ts';
import { json, problem, silence } from '../net/loopback.ts';
import { stripes, unlabelled } from '../train/stripes.ts';
import { ToyEdge } from './toy-edge.ts';
import { IMAGES, Volunteer } from './volunteer.ts';

const ALL_STEPS = [1, 2, 3, 4, 5, 6];

/** Resolves with what is kept, once it is. */
async function kept<K extends keyof Kept>(memory: Memory, what: K): Promise<Kept[K]> {
  for (;;) {
    const value = await memory.get(what);
    if (value !== undefined) return value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A volunteer that was stopped behind its third step of round 1, with what it has kept of it. */
async function interrupted(more: Partial<Assignment> = {}) {
  const edge = await ToyEdge.start();
  const memory = inMemory();
  const assignment = edge.assignment(1, more);
  edge.onHello = (line) => line.emit('assignment', assignment);
  const first: Volunteer = new Volunteer(edge, {
    memory,
    onEvent: (event) => {
      if (event.kind === 'step' && event.step === 2) first.pause();
    },
  });
  const { snapshot } = await kept(memory, 'checkpoint');
  await first.stop();
  expect(snapshot.steps).toBe(3);
  expect(edge.deltas).toEqual([]);
  return { edge, memory, assignment };
}

/** The delta of a volunteer of that plan whom nothing has disturbed. */
async function undisturbed(assignment: Assignment, data = IMAGES): Promise<Buffer> {
  const edge = await ToyEdge.start();
  edge.onHello = (line) => line.emit('assignment', assignment);
  const volunteer = new Volunteer(edge, { data });
  await volunteer.hear('sent');
  return edge.deltas[0]!.bytes;
}

describe('a round in the middle of which the tab was reloaded', () => {
  test('goes on where it was, as the same volunteer, and comes to the very same delta', async () => {
    const { edge, memory, assignment } = await interrupted();
    const second = new Volunteer(edge, { memory });
    await second.hear('sent');
    expect(second.all('joined')).toEqual([
      { kind: 'joined', volunteer: 'volunteer-1', again: true },
    ]);
    expect(second.all('round')).toMatchObject([{ round: 1, from: 3, steps: 6 }]);
    expect(second.steps).toEqual([4, 5, 6]);
    expect(edge.joined).toHaveLength(1);
    expect(edge.deltas).toHaveLength(1);
    expect(edge.deltas[0]!.bytes.equals(await undisturbed(assignment))).toBe(true);
    expect(await memory.get('checkpoint')).toBeUndefined();
    expect(await memory.get('unsent')).toBeUndefined();
  });

  test('begins anew with other images, and forgets what was learnt from the old ones', async () => {
    const { edge, memory, assignment } = await interrupted();
    const data = unlabelled(stripes(8, 2));
    const second = new Volunteer(edge, { memory, data });
    await second.hear('sent');
    expect(second.steps).toEqual(ALL_STEPS);
    expect(edge.deltas[0]!.bytes.equals(await undisturbed(assignment, data))).toBe(true);
    expect(edge.joined).toHaveLength(1);
  });

  test.each([
    ['of another round', { round: 2 }],
    ['from another version', { version: 2 }],
    ['by another seed', { seed: 99 }],
    ['from other weights', { weights: 'e'.repeat(64) }],
  ])('does not go on in an assignment %s', async (_, other) => {
    const { edge, memory, assignment } = await interrupted();
    edge.onHello = (line) => line.emit('assignment', { ...assignment, ...other });
    const second = new Volunteer(edge, { memory });
    await second.hear('sent');
    expect(second.steps).toEqual(ALL_STEPS);
  });

  test('does not go on from a checkpoint of a model of another size', async () => {
    const { edge, memory } = await interrupted();
    const checkpoint = await kept(memory, 'checkpoint');
    const student = checkpoint.snapshot.student.subarray(1);
    await memory.set('checkpoint', {
      ...checkpoint,
      snapshot: { ...checkpoint.snapshot, student },
    });
    const second = new Volunteer(edge, { memory });
    await second.hear('sent');
    expect(second.steps).toEqual(ALL_STEPS);
  });

  test('can be interrupted again, as often as one likes', async () => {
    const { edge, memory, assignment } = await interrupted();
    const second: Volunteer = new Volunteer(edge, {
      memory,
      onEvent: (event) => {
        if (event.kind === 'step' && event.step === 4) second.pause();
      },
    });
    while ((await kept(memory, 'checkpoint')).snapshot.steps < 5)
      await new Promise((resolve) => setImmediate(resolve));
    await second.stop();
    const third = new Volunteer(edge, { memory });
    await third.hear('sent');
    expect(third.steps).toEqual([6]);
    expect(edge.deltas[0]!.bytes.equals(await undisturbed(assignment))).toBe(true);
  });

  test('has kept no image, nor a part of one', async () => {
    const { memory } = await interrupted();
    const { ticket: _, ...checkpoint } = {
      ...(await kept(memory, 'checkpoint')),
      ticket: await kept(memory, 'ticket'),
    };
    const numbers = Object.values(checkpoint.snapshot)
      .flat()
      .filter((one) => one instanceof Float32Array);
    expect(numbers).toHaveLength(3);
    const row = IMAGES.images.slice(100, 116);
    for (const vector of numbers)
      for (let i = 0; i + row.length <= vector.length; i++)
        if (row.every((value, k) => value === vector[i + k])) expect.fail('an image was kept');
    expect(await memory.get('unsent')).toBeUndefined();
  });
});

/** A volunteer that was stopped while an edge that says nothing held its delta. */
async function unsent(plan: PlanInput = {}) {
  const edge = await ToyEdge.start(plan);
  const memory = inMemory();
  const assignment = edge.assignment(1);
  edge.onHello = (line) => line.emit('assignment', assignment);
  edge.onDelta = silence;
  const first = new Volunteer(edge, { memory });
  await edge.until(() => edge.deltas.length > 0);
  await first.stop();
  edge.onDelta = undefined;
  return { edge, memory, assignment, before: edge.deltas.length };
}

describe('a delta that was not acknowledged before the reload', () => {
  test('is sent first, and not learnt again though the round is asked for again', async () => {
    const { edge, memory, before } = await unsent();
    const second = new Volunteer(edge, { memory });
    const sent = await second.hear('sent');
    expect(sent).toMatchObject({ round: 1, images: 8, parameters: edge.weights.length });
    await edge.until(() => edge.hellos.length === 2);
    // Whatever the hello brought has been heard by the time that the next one is.
    edge.say('assignment', edge.assignment(2));
    await second.hear('sent', ({ round }) => round === 2);
    expect(second.all('round').map(({ round }) => round)).toEqual([2]);
    expect(edge.deltas.slice(before).map(({ round }) => round)).toEqual([1, 2]);
    expect(await edge.counted()).toHaveLength(2);
    expect(new Set(edge.deltas.map(({ ticket }) => ticket)).size).toBe(1);
  });

  test('is sent though the line does not come about', async () => {
    const { edge, memory } = await unsent();
    edge.takesLines = false;
    const second = new Volunteer(edge, { memory });
    await second.hear('sent');
    expect(await edge.counted()).toHaveLength(1);
    expect(second.all('connected')).toEqual([]);
  });

  test('whose round is over is dropped, and the next round is worked on', async () => {
    const { edge, memory } = await unsent();
    edge.onHello = (line) => line.emit('assignment', edge.assignment(2));
    edge.onDelta = problem(407, 'round 1 is over');
    const second = new Volunteer(edge, { memory });
    await second.hear('closed', ({ round }) => round === 1);
    expect((await memory.get('unsent'))?.round).not.toBe(1);
    edge.onDelta = undefined;
    await edge.until(() => edge.hellos.length === 2);
    edge.say('assignment', edge.assignment(3));
    await second.hear('sent', ({ round }) => round === 3);
    expect(second.all('failed')).toEqual([]);
  });

  test('is no delta any more when its bytes are not whole: nothing of it leaves', async () => {
    const { edge, memory, before } = await unsent();
    const delta = await kept(memory, 'unsent');
    const message = delta.message.slice();
    message[message.length - 1]! ^= 1;
    await memory.set('unsent', { ...delta, message });
    const second = new Volunteer(edge, { memory });
    await second.hear('sent');
    // Learnt again, to the same bytes as the first time.
    expect(second.steps).toEqual(ALL_STEPS);
    expect(edge.deltas.slice(before)).toHaveLength(1);
    expect(await edge.counted()).toHaveLength(1);
  });

  test('of a ticket that has expired is dropped with it', async () => {
    const { edge, memory, before } = await unsent();
    const ticket = await kept(memory, 'ticket');
    await memory.set('ticket', { ...ticket, expiresAt: Date.now() + 1000 });
    edge.onHello = () => undefined;
    const second = new Volunteer(edge, { memory });
    await edge.until(() => edge.hellos.length === 2);
    expect(second.all('joined')).toMatchObject([{ volunteer: 'volunteer-2', again: false }]);
    expect(edge.deltas).toHaveLength(before);
    expect(await memory.get('unsent')).toBeUndefined();
    expect((await kept(memory, 'ticket')).volunteer).toBe('volunteer-2');
  });

  test('of a ticket that the edge does not know any more is dropped, and one joins anew', async () => {
    const { edge, memory } = await unsent();
    edge.refuses = (ticket) => (ticket === 'of volunteer-1' ? 202 : undefined);
    edge.onDelta = problem(202, 'not one of ours');
    edge.onHello = () => undefined;
    const second = new Volunteer(edge, { memory });
    await edge.until(() => edge.hellos.length === 2);
    expect(second.all('joined').map(({ volunteer }) => volunteer)).toEqual([
      'volunteer-1',
      'volunteer-2',
    ]);
    expect((await kept(memory, 'ticket')).volunteer).toBe('volunteer-2');
  });
});

describe('a ticket', () => {
  test('for a shard that the project does not have is not begun with', async () => {
    const { edge, memory } = await unsent();
    await memory.set('ticket', { ...(await kept(memory, 'ticket')), shard: 7 });
    const second = new Volunteer(edge, { memory });
    expect(await second.hear('joined')).toMatchObject({ volunteer: 'volunteer-2' });
  });

  test('is not kept where there is nothing to keep it in: each start is a volunteer of its own', async () => {
    const edge = await ToyEdge.start();
    for (const name of ['volunteer-1', 'volunteer-2']) {
      const volunteer = new Volunteer(edge);
      expect(await volunteer.hear('joined')).toMatchObject({ volunteer: name, again: false });
      await volunteer.stop();
    }
  });
});

describe('what encoding has lost', () => {
  const TOPK = { codec: 'topk' } as const;

  test('is kept once the delta is acknowledged, and not before', async () => {
    const { edge, memory } = await unsent(TOPK);
    const { residual } = await kept(memory, 'unsent');
    expect(residual).toHaveLength(edge.weights.length);
    expect(await memory.get('residual')).toBeUndefined();
    const second = new Volunteer(edge, { memory });
    await second.hear('sent');
    expect((await kept(memory, 'residual')).values).toEqual(residual);
  });

  test('stays as it was when the delta is refused', async () => {
    const { edge, memory } = await unsent(TOPK);
    const values = new Float32Array(edge.weights.length).fill(0.5);
    await memory.set('residual', { values, at: Date.now() });
    edge.onDelta = problem(413, 'too stale');
    const second = new Volunteer(edge, { memory });
    await second.hear('closed');
    expect((await kept(memory, 'residual')).values).toEqual(values);
  });

  test('goes into the next delta, after a reload too', async () => {
    const { edge, memory } = await unsent(TOPK);
    const second = new Volunteer(edge, { memory });
    await second.hear('sent');
    await second.stop();
    edge.onHello = (line) => line.emit('assignment', edge.assignment(2));
    await new Volunteer(edge, { memory }).hear('sent');
    await memory.remove('residual');
    await new Volunteer(edge, { memory }).hear('sent');
    const [withIt, without] = edge.deltas.slice(-2);
    expect([withIt!.round, without!.round]).toEqual([2, 2]);
    expect(withIt!.bytes.equals(without!.bytes)).toBe(false);
  });

  test('is no help any more after half a day', async () => {
    const { edge, memory } = await unsent(TOPK);
    const values = new Float32Array(edge.weights.length).fill(0.5);
    await memory.remove('unsent');
    await memory.set('residual', { values, at: Date.now() - 13 * 3_600_000 });
    const answer = json({
      round: 1,
      digest: 'd',
      bytes: 1,
      repeated: false,
      shard: 0,
      position: 1,
    });
    edge.onDelta = answer;
    await new Volunteer(edge, { memory }).hear('sent');
    expect(await edge.counted()).toHaveLength(1);
  });
});
