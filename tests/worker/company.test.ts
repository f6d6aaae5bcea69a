/** Rounds in bad company: they end in time, and come to what the honest ones make. */
import { afterEach, expect, test } from 'vitest';
import { crc32 } from '../../shared/weights/checksum.ts';
import { useEdge } from '../kit/edge.ts';
import { UNTOUCHED, versionOf, weightsOf } from '../kit/project.ts';
import { openRound, outcomeOf } from '../kit/round.ts';
import { aggregateOf, farthest, noise, type ToyVolunteer } from '../kit/volunteer.ts';

const edge = useEdge();
const guests: ToyVolunteer[] = [];

afterEach(() => {
  for (const one of guests.splice(0)) one.leave();
});

const DEADLINE_MS = 3000;
const plan = {
  ...UNTOUCHED,
  round: { goal: 7, minimum: 2, deadlineSeconds: DEADLINE_MS / 1000, overSelection: 1 },
};

test('silent, NaN, truncated, replayed, a stranger’s, a round late: the honest ones make the model', async () => {
  const opened = await openRound(edge.current, 'company', plan, { volunteers: 7, rounds: 2 });
  guests.push(...opened.volunteers);
  const [a, b, , diverged, cut, thief, late] = opened.volunteers as [
    ...[ToyVolunteer, ToyVolunteer, ToyVolunteer, ToyVolunteer],
    ...[ToyVolunteer, ToyVolunteer, ToyVolunteer],
  ];
  const first = opened.assignments[0]!;
  const honest = [1, 2].map((seed) => noise(a.size, 1, seed));
  const bytes = a.encode(honest[0]!);
  expect(await a.send(first, honest[0]!, 10)).toMatchObject({ repeated: false });
  // The same once more, and other bytes in its place.
  expect(await a.send(first, honest[0]!, 10)).toMatchObject({ repeated: true });
  expect((await a.post(first, a.encode(honest[1]!))).body).toMatchObject({ code: 406 });

  const broken = bytes.slice();
  new DataView(broken.buffer).setFloat32(20, Number.NaN, true);
  expect((await diverged.post(first, withChecksum(broken))).body).toMatchObject({ code: 404 });
  expect((await cut.post(first, bytes.subarray(0, 1000))).body).toMatchObject({ code: 402 });
  const stolen = { digest: '0'.repeat(64) };
  expect((await thief.post(first, bytes, stolen)).body).toMatchObject({ code: 410 });
  await b.send(first, honest[1]!, 30);

  const outcome = await outcomeOf(edge.current, 'company', 1, a.line);
  expect(outcome).toMatchObject({ outcome: expect.stringMatching('promoted'), accepted: 2 });
  // The server's step is in it, and a busy machine.
  expect(outcome.closedAt - outcome.openedAt).toBeLessThan(DEADLINE_MS + 20_000);
  const made = await weightsOf(edge.current.anyone, outcome.aggregate!);
  const deltas = honest.map((values, i) => ({ values, images: [10, 30][i]! }));
  expect(farthest(made, aggregateOf(opened.base, deltas))).toBeLessThan(1e-6);

  // It sends for a round that is over, then claims that it was for this one.
  const second = await late.assignment(2);
  expect((await late.post(first, bytes)).body).toMatchObject({ code: 407 });
  const old = { round: 2, version: first.version };
  expect((await late.post(second, bytes, old)).body).toMatchObject({ code: 409 });
  await Promise.all([a.send(second, honest[1]!), b.send(second, honest[0]!)]);
  expect(await outcomeOf(edge.current, 'company', 2, a.line)).toMatchObject({ accepted: 2 });
  const { parent } = await versionOf(edge.current.anyone, 'company', 2);
  expect(parent).toBe(second.version);
});

/** The message with its checksum put right, as a forger would. */
function withChecksum(message: Uint8Array): Uint8Array {
  new DataView(message.buffer).setUint32(16, crc32(message.subarray(20)), true);
  return message;
}
