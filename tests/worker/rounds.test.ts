/** Rounds as volunteers and watchers live through them, over real sockets. */
import { afterEach, describe, expect, test } from 'vitest';
import { PROTOCOL_VERSION } from '../../shared/protocol/messages.ts';
import { useEdge } from '../kit/edge.ts';
import { Line, watch } from '../kit/line.ts';
import {
  getProject,
  liveToyProject,
  newToyProject,
  UNTOUCHED,
  versionOf,
  weightsOf,
  type PlanPatch,
} from '../kit/project.ts';
import { openRound, outcomeOf, startRounds, stopRounds, type Opened } from '../kit/round.ts';
import { mintTicket } from '../kit/tickets.ts';
import { aggregateOf, arrivedVolunteers, farthest, noise, ToyVolunteer } from '../kit/volunteer.ts';

const edge = useEdge();
const lines: { leave?: () => void; close?: () => void }[] = [];

afterEach(() => {
  for (const one of lines.splice(0)) (one.leave ?? one.close)?.call(one);
});

const LONG = 600;
const plan = (goal: number, minimum: number, deadlineSeconds: number): PlanPatch => ({
  ...UNTOUCHED,
  round: { goal, minimum, deadlineSeconds, overSelection: 1 },
});

/** A round of two volunteers, a and b. */
async function roundOfTwo(id: string, minimum: number, deadlineSeconds: number, rounds = 1) {
  const options = { volunteers: 2, rounds };
  const opened = await openRound(edge.current, id, plan(2, minimum, deadlineSeconds), options);
  lines.push(...opened.volunteers);
  const [a, b] = opened.volunteers as [ToyVolunteer, ToyVolunteer];
  const [first] = opened.assignments;
  return { ...opened, a, b, assignment: first! };
}

async function join(project: string): Promise<ToyVolunteer> {
  const volunteer = await (await ToyVolunteer.join(edge.current, project)).arrive();
  lines.push(volunteer);
  return volunteer;
}

const delta = ({ size }: ToyVolunteer, seed = 1) => noise(size, 1, seed);
const training = async (id: string) => (await getProject(edge.current.anyone, id)).training;
const outcome = ({ project, volunteers }: Opened, round = 1) =>
  outcomeOf(edge.current, project, round, volunteers[0]!.line);

describe('a round', () => {
  test('takes deltas of what is trained, and leaves what is frozen as it was, to the bit', async () => {
    const frozen = ['backbone/conv1', 'backbone/norm1'];
    const opened = await openRound(
      edge.current,
      'frozen',
      { ...plan(1, 1, LONG), frozen },
      { volunteers: 1 },
    );
    lines.push(...opened.volunteers);
    const a = opened.volunteers[0]!;
    const { layout, sent } = a.recipe.model;
    expect(a.size).toBeLessThan(layout.size);
    const values = noise(a.size, 1, 3);
    await a.send(opened.assignments[0]!, values);
    expect(await outcome(opened)).toMatchObject({ accepted: 1, candidateVersion: 2 });
    const { weights } = await versionOf(edge.current.anyone, 'frozen', 1);
    const made = await weightsOf(edge.current.anyone, weights);
    expect(farthest(made, sent.moved(opened.base, values))).toBeLessThan(1e-6);
    const rest = (flat: Float32Array) =>
      layout.entries
        .filter(({ name }) => frozen.some((prefix) => name.startsWith(prefix)))
        .flatMap(({ offset, size }) => [...flat.subarray(offset, offset + size)]);
    expect(rest(made)).toEqual(rest(opened.base));
  });

  test('closes at its deadline with the minimum, without those who are late', async () => {
    const round = await roundOfTwo('late', 1, 1);
    await round.a.send(round.assignment, delta(round.a));
    const { reason } = await round.b.line.hear('closed', 'round 1 goes on without b');
    expect(reason).toBe('the deadline has passed');
    const { closedAt, openedAt, ...ended } = await outcome(round);
    expect(ended).toMatchObject({ asked: 2, accepted: 1, declined: 0, candidateVersion: 2 });
    expect(closedAt - openedAt).toBeGreaterThanOrEqual(1000);
  });

  test('is abandoned below the minimum, says why, and the next one opens without its deltas', async () => {
    const round = await roundOfTwo('few', 2, 1, 2);
    await round.a.send(round.assignment, delta(round.a, 7));
    const reason = '1 of at least 2 deltas came; 0 declined, 0 left';
    const closed = await round.b.line.hear('closed', 'round 1 is abandoned');
    expect(closed).toEqual({ round: 1, reason });
    const expected = { outcome: 'abandoned', reason, accepted: 1, candidateVersion: null };
    expect(await outcome(round)).toMatchObject(expected);

    const second = await round.a.assignment(2);
    expect(second).toMatchObject({ version: 1, weights: round.assignment.weights });
    await Promise.all([round.a, round.b].map((one, i) => one.send(second, delta(one, i))));
    expect(await outcome(round, 2)).toMatchObject({ accepted: 2, baseVersion: 1 });
    const deltas = [0, 1].map((seed) => ({ values: delta(round.a, seed), images: 10 }));
    const { weights } = await versionOf(edge.current.anyone, 'few', 2);
    const made = await weightsOf(edge.current.anyone, weights);
    expect(farthest(made, aggregateOf(round.base, deltas))).toBeLessThan(1e-6);
  });

  test('waits a moment for more than the minimum, then opens for those who are there', async () => {
    await liveToyProject(edge.current, 'alone', plan(3, 1, LONG));
    const a = await join('alone');
    await startRounds(edge.current, 'alone', 1);
    const { deadline } = await a.line.state('gathering', ({ phase }) => phase === 'gathering');
    expect(deadline).not.toBeNull();
    await a.assignment(1);
    expect(Date.now()).toBeGreaterThanOrEqual(deadline!);
    expect(await training('alone')).toMatchObject({ phase: 'training', asked: 1, goal: 3 });
  });

  test('does not wait for those who declined', async () => {
    const round = await roundOfTwo('unsure', 1, LONG);
    round.a.decline(1);
    await round.b.send(round.assignment, delta(round.b));
    expect(await outcome(round)).toMatchObject({ asked: 2, accepted: 1, declined: 1 });
  });

  test('is abandoned at once when too many declined', async () => {
    const round = await roundOfTwo('all-unsure', 1, LONG);
    round.a.decline(1);
    round.b.decline(1);
    const reason = '0 of at least 1 deltas came; 2 declined, 0 left';
    expect(await outcome(round)).toMatchObject({ outcome: 'abandoned', reason, declined: 2 });
  });
});

describe('a volunteer who leaves', () => {
  test('does not hold up the round, whether it leaves before the others are done', async () => {
    const round = await roundOfTwo('left-early', 1, LONG);
    round.b.leave();
    await round.a.line.state('b has left', ({ volunteers }) => volunteers === 1);
    await round.a.send(round.assignment, delta(round.a));
    expect(await outcome(round)).toMatchObject({ asked: 2, accepted: 1 });
  });

  test('or after', async () => {
    const round = await roundOfTwo('left-late', 1, LONG);
    await round.a.send(round.assignment, delta(round.a));
    round.b.leave();
    expect(await outcome(round)).toMatchObject({ asked: 2, accepted: 1 });
  });

  test('is waited for until the deadline when the round needs it', async () => {
    const round = await roundOfTwo('needed', 2, 2);
    await round.a.send(round.assignment, delta(round.a));
    round.b.leave();
    await round.a.line.state('b has left', ({ volunteers }) => volunteers === 1);
    expect((await training('needed')).phase).toBe('training');
    const reason = '1 of at least 2 deltas came; 0 declined, 1 left';
    expect(await outcome(round)).toMatchObject({ outcome: 'abandoned', reason });
  });

  test('is replaced by the next who comes, with a seed of its own', async () => {
    const round = await roundOfTwo('replaced', 2, LONG);
    round.b.leave();
    await round.a.line.state('b has left', ({ volunteers }) => volunteers === 1);
    const c = await join('replaced');
    const late = await c.assignment(1);
    expect(late).toMatchObject({ version: 1, weights: round.assignment.weights });
    const seeds = [...round.assignments, late].map(({ seed }) => seed);
    expect(new Set(seeds).size).toBe(3);
    await Promise.all([round.a, c].map((one) => one.send(late, delta(one))));
    expect(await outcome(round)).toMatchObject({ asked: 3, accepted: 2 });
  });

  test('is not replaced when nobody is missing', async () => {
    const round = await roundOfTwo('full', 2, LONG);
    const c = await join('full');
    expect((await c.post(round.assignment, c.encode(delta(c)))).body).toMatchObject({ code: 408 });
    expect(c.line.heard.assignment).toEqual([]);
    expect(await training('full')).toMatchObject({ asked: 2, volunteers: 3 });
  });

  test('gets the very same assignment again when it comes back', async () => {
    const round = await roundOfTwo('back', 2, LONG);
    const [, before] = round.assignments;
    round.b.leave();
    await round.a.line.state('b has left', ({ volunteers }) => volunteers === 1);
    await round.b.arrive();
    expect(await round.b.assignment(1)).toEqual(before);
    await Promise.all([round.a, round.b].map((one) => one.send(before!, delta(one))));
    expect(await outcome(round)).toMatchObject({ asked: 2, accepted: 2 });
  });

  test('gets none when its delta was counted already', async () => {
    const round = await roundOfTwo('counted', 2, LONG);
    await round.a.send(round.assignment, delta(round.a));
    await round.a.arrive();
    expect(round.a.line.heard.assignment).toEqual([]);
    expect(await training('counted')).toMatchObject({ phase: 'training', accepted: 1 });
  });

  test('has not left while another of its tabs is open', async () => {
    const round = await roundOfTwo('two-tabs', 2, LONG);
    const tab = new Line(edge.current.origin, 'two-tabs', round.a.ticket);
    const hello = { protocol: PROTOCOL_VERSION, backend: 'by hand', images: 1 } as const;
    expect(await tab.socket.emitWithAck('hello', hello)).toMatchObject({ volunteers: 2 });
    tab.close();
    round.b.leave();
    const { asked } = await round.a.line.state('b has left', ({ volunteers }) => volunteers === 1);
    expect([asked, (await training('two-tabs')).volunteers]).toEqual([2, 1]);
  });
});

describe('training', () => {
  test('that is stopped ends after the open round, which still counts', async () => {
    const round = await roundOfTwo('stopped', 1, LONG, 3);
    expect(await stopRounds(edge.current, 'stopped')).toMatchObject({
      phase: 'training',
      until: 1,
    });
    await Promise.all([round.a, round.b].map((one) => one.send(round.assignment, delta(one))));
    expect(await outcome(round)).toMatchObject({ accepted: 2, candidateVersion: 2 });
    expect(await training('stopped')).toMatchObject({ phase: 'idle', round: 1, until: 1 });
    await startRounds(edge.current, 'stopped', 1);
    expect(await round.a.assignment(2)).toMatchObject({ round: 2, version: 2 });
  });

  test('that waits for volunteers is stopped at once', async () => {
    await liveToyProject(edge.current, 'empty', plan(2, 1, LONG));
    await startRounds(edge.current, 'empty', 2);
    expect(await training('empty')).toMatchObject({ phase: 'gathering', until: 2 });
    expect(await stopRounds(edge.current, 'empty')).toMatchObject({ phase: 'idle', until: 0 });
    await arrivedVolunteers(edge.current, 'empty', 2).then((all) => lines.push(...all));
    expect(await training('empty')).toMatchObject({ phase: 'idle', round: 0, volunteers: 2 });
  });

  test('may be asked for before the first version is there', async () => {
    const patch = plan(1, 1, LONG);
    await edge.current.admin.call('createProject', { json: newToyProject('early', patch) });
    await startRounds(edge.current, 'early', 1);
    expect(await (await join('early')).assignment(1)).toMatchObject({ round: 1, version: 1 });
  });
});

describe('a line', () => {
  test('without a ticket sees where training stands, and is nobody', async () => {
    const round = await roundOfTwo('watched', 2, LONG);
    const line = watch(edge.current, 'watched');
    lines.push(line);
    await line.state('at once', ({ asked, volunteers }) => asked === 2 && volunteers === 2);
    line.socket.emit('hello', { protocol: PROTOCOL_VERSION, backend: 'none', images: 0 }, () => {});
    line.socket.emit('decline', { round: 1, reason: 'nobody' });
    const progress = { round: 1, step: 2, steps: 5, loss: 0.5 };
    // Progress may be dropped where a line is busy: said again, it gets through.
    const again = setInterval(() => round.a.line.socket.emit('progress', progress), 50);
    const heard = await line.hear('progress', 'what a is at');
    clearInterval(again);
    expect(heard).toEqual({ ...progress, volunteer: round.a.ticket.volunteer });
    await round.a.send(round.assignment, delta(round.a));
    await line.state('the delta of a', ({ accepted }) => accepted === 1);
    await round.b.send(round.assignment, delta(round.b));
    const { round: at } = await line.state(
      'the end',
      ({ phase, version }) => phase === 'idle' && version > 0,
    );
    expect(at).toBe(1);
    expect((await outcome(round)).declined).toBe(0);
  });

  test.each([
    [202, 'that the edge did not sign', () => mintTicket('another secret of this length', 'doors')],
    [203, 'that has expired', () => mintTicket(edge.current.ticketSecret, 'doors', { age: 7200 })],
    [202, 'for a delta', () => mintTicket(edge.current.ticketSecret, 'doors', { round: 1 })],
    [204, 'of another project', () => mintTicket(edge.current.ticketSecret, 'elsewhere')],
    [202, 'that is none', async () => 7 as unknown as string],
  ])('%i: with a ticket %s is told so and closed', async (code, _, mint) => {
    await liveToyProject(edge.current, 'doors', plan(1, 1, LONG)).catch(() => {});
    const line = new Line(edge.current.origin, 'doors', { ticket: await mint() });
    lines.push(line);
    const closed = new Promise<string>((resolve) => line.socket.on('disconnect', resolve));
    line.socket.emit('hello', { protocol: PROTOCOL_VERSION, backend: 'none', images: 0 }, () => {});
    expect(await line.hear('problem', 'why it is closed')).toMatchObject({ code });
    expect(await closed).toBe('io server disconnect');
    expect((await training('doors')).volunteers).toBe(0);
  });

  test('101: with a message that does not fit is told so, and stays open', async () => {
    await liveToyProject(edge.current, 'manners', plan(1, 1, LONG));
    const volunteer = await join('manners');
    const hello = { protocol: 99, backend: 'newer', images: 1 };
    volunteer.line.socket.emit('hello', hello as never, () => {});
    const problem = await volunteer.line.hear('problem', 'what does not fit');
    expect(problem).toMatchObject({ code: 101, detail: expect.stringContaining('protocol') });
    expect(volunteer.line.socket.connected).toBe(true);
  });
});
