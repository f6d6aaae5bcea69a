/** Deltas on their way in: what is refused leaves no trace, what is acknowledged counts exactly once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProblemCode } from '../../shared/api/problem.ts';
import type { Round } from '../../shared/api/schemas/training.ts';
import { Random } from '../../shared/math/random.ts';
import type { Assignment } from '../../shared/protocol/messages.ts';
import { WEIGHT_LIMIT } from '../../shared/rounds/admit.ts';
import { crc32 } from '../../shared/weights/checksum.ts';
import { encode, HEADER_BYTES } from '../../shared/weights/codec.ts';
import { useEdge } from '../kit/edge.ts';
import { getProject, newToyProject, UNTOUCHED, versionOf, weightsOf } from '../kit/project.ts';
import { openRound, outcomeOf } from '../kit/round.ts';
import { mintTicket } from '../kit/tickets.ts';
import { aggregateOf, farthest, noise, ToyVolunteer, type Claim } from '../kit/volunteer.ts';

const edge = useEdge();
const project = 'reef';
const training = async () => (await getProject(edge.current.anyone, project)).training;
const rounds = () => edge.current.anyone.call('listRounds', { params: { project } });

let a: ToyVolunteer;
let b: ToyVolunteer;
let c: ToyVolunteer;
let late: ToyVolunteer;
let stranger: ToyVolunteer;
let assignment: Assignment;
let base: Float32Array;

beforeAll(async () => {
  const round = { goal: 3, minimum: 1, deadlineSeconds: 600 };
  const patch = { ...UNTOUCHED, round };
  const opened = await openRound(edge.current, project, patch, { volunteers: 4, rounds: 2 });
  [a, b, c, late] = opened.volunteers as [ToyVolunteer, ToyVolunteer, ToyVolunteer, ToyVolunteer];
  base = opened.base;
  assignment = opened.assignments[0]!;
  stranger = await (await ToyVolunteer.join(edge.current, project)).arrive();
});

afterAll(() => [a, b, c, late, stranger].forEach((one) => one?.leave()));

const honest = (seed: number) => noise(a.size, 1, seed);

/** The bytes of an honest delta, changed, with the checksum made right again where it is asked for. */
function spoiled(change: (view: DataView, bytes: Uint8Array) => void, mend = false): Uint8Array {
  const bytes = Uint8Array.from(a.encode(honest(1)));
  const view = new DataView(bytes.buffer);
  change(view, bytes);
  if (mend) view.setUint32(16, crc32(bytes.subarray(HEADER_BYTES)), true);
  return bytes;
}

const whole = () => spoiled(() => {});
const withNumber = (value: number) =>
  spoiled((view) => view.setFloat32(HEADER_BYTES + 4 * 17, value, true), true);

describe('a delta is refused', () => {
  type Case = [ProblemCode, string, () => Uint8Array, Claim?];
  const cases: Case[] = [
    [401, 'that begins like something else', () => spoiled((view) => view.setUint8(0, 0))],
    [401, 'of a later version', () => spoiled((view) => view.setUint8(4, 2))],
    [401, 'of a scheme that nobody knows', () => spoiled((view) => view.setUint8(5, 99))],
    [401, 'of another scheme than the plan says', () => encode('int8', honest(1), new Random(1))],
    [401, 'of a smaller model', () => encode('float32', honest(1).slice(1), new Random(1))],
    [401, 'with a bit turned over', () => spoiled((_, bytes) => void (bytes[99]! ^= 1))],
    [402, 'that is empty', () => new Uint8Array(0)],
    [402, 'that ends within its header', () => whole().slice(0, 10)],
    [402, 'that ends a byte too early', () => whole().slice(0, -1)],
    [403, 'with a byte behind it', () => Uint8Array.from([...whole(), 0])],
    [403, 'that is much too long', () => new Uint8Array(3_000_000)],
    [403, 'that says it is longer', () => spoiled((view) => view.setUint32(8, a.size + 1, true))],
    [404, 'that holds NaN', () => withNumber(Number.NaN)],
    [404, 'that holds an infinite number', () => withNumber(-Infinity)],
    [405, 'that is larger than any honest one', () => a.encode(noise(a.size, 1001, 1))],
    [405, 'that has one enormous number', () => withNumber(3e38)],
    [409, 'that starts from no version', whole, { version: 0 }],
    [409, 'that starts from another version', whole, { version: 2 }],
    [410, 'whose digest is of other bytes', whole, { digest: '0'.repeat(64) }],
  ];

  test.each(cases)('%i: %s', async (code, _, bytes, claim = {}) => {
    const before = await training();
    const { body } = await a.post(assignment, bytes(), claim);
    expect(body).toMatchObject({ code });
    expect(await training()).toEqual(before);
  });

  test.each([0, 2])('408: of round %i, which the ticket was not given for', async (round) => {
    const before = await training();
    expect((await a.post(assignment, whole(), { round })).body).toMatchObject({
      ...{ code: 408, detail: `the ticket is for round 1, the delta of round ${round}` },
    });
    expect(await training()).toEqual(before);
  });

  // What the edge gives nobody a ticket for, the shard refuses all the same.
  test.each([0, 2])('411: of round %i, which has not been opened', async (round) => {
    const before = await training();
    const { volunteer } = a.ticket;
    const ticket = await mintTicket(edge.current.ticketSecret, project, { round, volunteer });
    expect((await a.post(assignment, whole(), { round, ticket })).body).toMatchObject({
      code: 411,
    });
    expect(await training()).toEqual(before);
  });

  test('408: of a volunteer who was not asked, with its line’s ticket or with any', async () => {
    const before = await training();
    expect((await stranger.post(assignment, whole())).body).toMatchObject({ code: 408 });
    const { volunteer } = stranger.ticket;
    const ticket = await mintTicket(edge.current.ticketSecret, project, { round: 1, volunteer });
    expect((await stranger.post(assignment, whole(), { ticket })).body).toMatchObject({
      ...{ code: 408, detail: 'round 1 did not ask this volunteer' },
    });
    expect(await training()).toEqual(before);
  });

  test('204: with the ticket of another project', async () => {
    await edge.current.admin.call('createProject', { json: newToyProject('atoll') });
    const foreign = await ToyVolunteer.join(edge.current, 'atoll');
    const before = await training();
    const { body } = await foreign.post(assignment, whole(), { project });
    expect(body).toMatchObject({ code: 204 });
    expect(await training()).toEqual(before);
  });
});

describe('a delta that is acknowledged', () => {
  let counted: Float32Array;

  test('is counted once, however often it is sent', async () => {
    const first = await a.send(assignment, honest(1), 30);
    expect(first).toMatchObject({ round: 1, repeated: false, bytes: a.encode(honest(1)).length });
    expect(await a.send(assignment, honest(1), 30)).toEqual({ ...first, repeated: true });
    expect(await training()).toMatchObject({ phase: 'training', accepted: 1, asked: 4 });
  });

  test('is counted once, also when it is sent again before the answer is there', async () => {
    const receipts = await Promise.all([1, 2, 3, 4].map(() => b.send(assignment, honest(2), 10)));
    expect(receipts.map(({ repeated }) => repeated).sort()).toEqual([false, true, true, true]);
    expect((await training()).accepted).toBe(2);
  });

  test('406: keeps its volunteer from sending another', async () => {
    const before = await training();
    const { body } = await a.post(assignment, a.encode(honest(4)));
    expect(body).toMatchObject({ code: 406 });
    a.decline(1);
    expect(await training()).toEqual(before);
  });

  test('of two different ones at once, one is', async () => {
    const [one, two] = [honest(3), honest(5)];
    const replies = await Promise.all(
      [one, two].map((d) => c.post(assignment, c.encode(d), { images: 50_000 })),
    );
    const outcomes = replies.map(({ body }) => body.code ?? body.repeated);
    expect(outcomes.sort()).toEqual([406, false].sort());
    counted = replies[0]!.status === 200 ? one : two;
  });

  test('407: comes too late once the round is closed', async () => {
    const { reason } = await late.line.hear(
      'closed',
      'round 1 is closed',
      ({ round }) => round === 1,
    );
    expect(reason).toContain('deadline');
    expect((await late.post(assignment, whole())).body).toMatchObject({ code: 407 });
  });

  test('is in the next version, by its weight and to the last digit', async () => {
    await a.line.state('round 2 is open', ({ round }) => round === 2);
    const expected = aggregateOf(base, [
      { values: honest(1), images: 30 },
      { values: honest(2), images: 10 },
      { values: counted, images: WEIGHT_LIMIT },
    ]);
    const { weights } = await versionOf(edge.current.anyone, project, 1);
    expect(farthest(await weightsOf(edge.current.anyone, weights), expected)).toBeLessThan(1e-6);
    const [round] = (await rounds()) as [Round];
    const bytes = 3 * a.encode(honest(1)).length;
    expect(round).toMatchObject({ number: 1, asked: 4, accepted: 3, declined: 0, bytes });
  });

  test('is still known to whoever missed the answer, when the next round is open', async () => {
    const second = await a.assignment(2);
    expect(await a.send(assignment, honest(1), 30)).toMatchObject({ round: 1, repeated: true });
    expect((await a.post(second, a.encode(honest(1)), { digest: '0'.repeat(64) })).body.code).toBe(
      410,
    );
    expect((await training()).accepted).toBe(0);
  });

  test('407: belongs to its round and to no later one', async () => {
    const second = await b.assignment(2);
    expect(second.version).toBe(2);
    expect((await a.post(assignment, a.encode(honest(6)))).body).toMatchObject({ code: 407 });
    await late.assignment(2);
    const { body } = await late.post({ ...second, version: 1 }, whole());
    expect(body).toMatchObject({ code: 409 });
    expect((await training()).accepted).toBe(0);
  });
});

test('int8 deltas are counted as what they decode to', async () => {
  const plan = { ...UNTOUCHED, codec: 'int8', round: { goal: 2 } } as const;
  const opened = await openRound(edge.current, 'coarse', plan, { volunteers: 2 });
  const [first] = opened.volunteers as [ToyVolunteer];
  const deltas = [0, 1].map((seed) => ({ values: noise(first.size, 2, seed), images: 5 + seed }));
  for (const [i, { values, images }] of deltas.entries())
    await opened.volunteers[i]!.send(opened.assignments[i]!, values, images);
  await outcomeOf(edge.current, 'coarse', 1, first.line);
  const counted = deltas.map(({ values, images }) => ({ values: first.decoded(values), images }));
  const { weights } = await versionOf(edge.current.anyone, 'coarse', 1);
  const made = await weightsOf(edge.current.anyone, weights);
  expect(farthest(made, aggregateOf(opened.base, counted))).toBeLessThan(1e-6);
  opened.volunteers.forEach((one) => one.leave());
});
