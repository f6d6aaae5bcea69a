/** Asynchronous training: nobody waits, several versions are alive, and what is too stale is told so. */
import { afterEach, expect, test } from 'vitest';
import type { Assignment } from '../../shared/protocol/messages.ts';
import { useEdge } from '../kit/edge.ts';
import { UNTOUCHED, weightsOf } from '../kit/project.ts';
import { openRound, outcomeOf, stopRounds } from '../kit/round.ts';
import { farthest, noise, type ToyVolunteer } from '../kit/volunteer.ts';

const edge = useEdge();
const guests: ToyVolunteer[] = [];

afterEach(() => {
  for (const one of guests.splice(0)) one.leave();
});

const plan = {
  ...UNTOUCHED,
  round: { goal: 2, minimum: 1, deadlineSeconds: 600, mode: 'async' as const, maxStaleness: 1 },
};

/** The next assignment, whichever round it is of. */
const next = (volunteer: ToyVolunteer): Promise<Assignment> =>
  volunteer.line.hear('assignment', 'the next work', () => true);

test('a buffer of deltas makes a version, a late one counts less, one too late is sent to the newest', async () => {
  const opened = await openRound(edge.current, 'stream', plan, { volunteers: 3, rounds: 100 });
  guests.push(...opened.volunteers);
  const [a, b, slow] = opened.volunteers as [ToyVolunteer, ToyVolunteer, ToyVolunteer];
  const [first] = opened.assignments as [Assignment];
  const values = [1, 2, 3, 4].map((seed) => noise(a.size, 1, seed));

  // Whoever has delivered goes on at once, before the round is full.
  await a.send(first, values[0]!);
  const again = await next(a);
  expect(again).toMatchObject({ round: 1, version: 1 });
  expect(again.seed).not.toBe(first.seed);
  await b.send(first, values[1]!);
  const one = await outcomeOf(edge.current, 'stream', 1, slow.line);
  expect(one).toMatchObject({ accepted: 2, candidateVersion: 2 });

  // The slow one and a's second come from version 1: one behind by now, each times 2 ** -0.5.
  expect(await slow.send(first, values[2]!)).toMatchObject({ round: 2, staleness: 1 });
  expect(await a.send(again, values[3]!)).toMatchObject({ round: 2, staleness: 1 });
  const two = await outcomeOf(edge.current, 'stream', 2, slow.line);
  expect(two).toMatchObject({ accepted: 2, baseVersion: 2, candidateVersion: 3 });
  const [base, made] = await Promise.all(
    [one.aggregate, two.aggregate].map((hash) => weightsOf(edge.current.anyone, hash!)),
  );
  const expected = base!.map((w, i) => w + (values[2]![i]! + values[3]![i]!) / 2 / Math.SQRT2);
  expect(farthest(made!, expected)).toBeLessThan(1e-5);

  // b was asked from version 1 too, and has slept through two versions.
  const asleep = await next(b);
  expect(asleep.version).toBe(1);
  const { status, body } = await b.post(asleep, b.encode(values[0]!));
  expect([status, body.code]).toEqual([409, 413]);
  const newest = await fetch(edge.current.origin + body.weights);
  expect(newest.status).toBe(200);
  // It was let go of, and asked anew.
  expect(await next(b)).toMatchObject({ version: 3 });
  await stopRounds(edge.current, 'stream');
});
