/** A volunteer whose line breaks, whose edge goes away, and who is sent away: over real sockets. */
import { describe, expect, test } from 'vitest';
import { badGateway, inTurn, json, problem, silence } from '../net/loopback.ts';
import { ToyEdge } from './toy-edge.ts';
import { Volunteer } from './volunteer.ts';

const ALL_STEPS = [1, 2, 3, 4, 5, 6];

/** A volunteer that was asked for round 1, held after its second step; whoever says hello again is asked again. */
async function atWork() {
  const edge = await ToyEdge.start();
  const assignment = edge.assignment(1);
  edge.onHello = (line) => line.emit('assignment', assignment);
  const volunteer: Volunteer = new Volunteer(edge, {
    onEvent: (event) => {
      if (event.kind === 'step' && event.round === 1 && event.step === 2) volunteer.pause();
    },
  });
  await volunteer.hear('step', ({ step }) => step === 2);
  return { edge, volunteer, assignment };
}

describe('a volunteer', () => {
  test('joins, learns what it is asked to, sends it, and waits for more', async () => {
    const edge = await ToyEdge.start();
    edge.onHello = (line) => line.emit('assignment', edge.assignment(1));
    const volunteer = new Volunteer(edge);
    const { receipt, round } = await volunteer.hear('sent');
    expect([round, receipt.repeated]).toEqual([1, false]);
    edge.say('assignment', edge.assignment(2));
    await volunteer.hear('sent', (sent) => sent.round === 2);
    expect(volunteer.steps).toEqual([...ALL_STEPS, ...ALL_STEPS]);
    expect(edge.deltas.map((delta) => delta.round)).toEqual([1, 2]);
    expect(edge.joined).toHaveLength(1);
    await volunteer.stop();
    await edge.until(() => edge.lines === 0);
  });

  test('learns anew where an asynchronous round asks again by the same number', async () => {
    const edge = await ToyEdge.start();
    edge.onHello = (line) => line.emit('assignment', edge.assignment(1, { seed: 1 }));
    const volunteer = new Volunteer(edge);
    await volunteer.hear('sent');
    edge.say('assignment', edge.assignment(1, { seed: 2 }));
    await edge.until(() => edge.deltas.length === 2);
    edge.say('assignment', edge.assignment(1, { seed: 2, version: 2 }));
    await edge.until(() => edge.deltas.length === 3);
    expect(edge.deltas.map(({ version }) => version)).toEqual([1, 1, 2]);
    expect(volunteer.all('round')).toHaveLength(3);
  });

  test('does not learn again what is acknowledged, should an assignment come late', async () => {
    const edge = await ToyEdge.start();
    const assignment = edge.assignment(1);
    edge.onHello = (line) => line.emit('assignment', assignment);
    const volunteer = new Volunteer(edge);
    await volunteer.hear('sent');
    edge.say('assignment', assignment);
    edge.say('assignment', edge.assignment(2));
    await volunteer.hear('sent', ({ round }) => round === 2);
    expect(edge.deltas).toHaveLength(2);
  });
});

describe('a line that breaks in the middle of a round', () => {
  test('comes back, and the work goes on as if nothing had been', async () => {
    const { edge, volunteer } = await atWork();
    edge.cut();
    await edge.until(() => edge.hellos.length === 2);
    volunteer.resume();
    await volunteer.hear('sent');
    expect(volunteer.steps).toEqual(ALL_STEPS);
    expect(volunteer.all('round')).toHaveLength(1);
    expect(await edge.counted()).toHaveLength(1);
    expect(edge.joined).toHaveLength(1);
  });

  test('because the edge was killed comes back to the one started in its place', async () => {
    const { edge, volunteer } = await atWork();
    await edge.kill();
    await volunteer.hear('disconnected');
    await edge.open();
    await edge.until(() => edge.hellos.length === 2);
    volunteer.resume();
    await volunteer.hear('sent');
    expect(volunteer.steps).toEqual(ALL_STEPS);
    expect(await edge.counted()).toHaveLength(1);
  });

  test('does not keep back a delta that is finished meanwhile', async () => {
    const { edge, volunteer } = await atWork();
    edge.takesLines = false;
    edge.cut();
    await volunteer.hear('disconnected');
    volunteer.resume();
    await volunteer.hear('sent');
    expect(await edge.counted()).toHaveLength(1);
  });

  test('does not lose a delta to an edge that is away for a while', async () => {
    const { edge, volunteer } = await atWork();
    await edge.kill();
    volunteer.resume();
    // Five tries without an answer would once have been the end of it.
    await volunteer.hear('step', ({ step }) => step === 6);
    await edge.open();
    await volunteer.hear('sent');
    expect(await edge.counted()).toHaveLength(1);
    expect(volunteer.all('failed')).toEqual([]);
  });

  test('brings word that the round is over, and the work ends', async () => {
    const { edge, volunteer } = await atWork();
    edge.onHello = (line) => line.emit('closed', { round: 1, reason: 'the deadline has passed' });
    edge.cut();
    await volunteer.hear('closed');
    volunteer.resume();
    edge.say('assignment', edge.assignment(2));
    await volunteer.hear('sent');
    expect(edge.deltas.map(({ round }) => round)).toEqual([2]);
  });

  test('brings a newer assignment, and that is worked on in its place', async () => {
    const { edge, volunteer } = await atWork();
    edge.onHello = (line) => line.emit('assignment', edge.assignment(2));
    edge.cut();
    await edge.until(() => edge.hellos.length === 2);
    volunteer.resume();
    await volunteer.hear('sent');
    expect(edge.deltas.map(({ round }) => round)).toEqual([2]);
    expect(volunteer.all('failed')).toEqual([]);
  });
});

describe('a delta', () => {
  test('whose receipt was lost is known again, though a newer assignment has come', async () => {
    const edge = await ToyEdge.start();
    edge.onHello = (line) => line.emit('assignment', edge.assignment(1));
    const volunteer = new Volunteer(edge);
    edge.onDelta = (response) => {
      edge.onDelta = undefined;
      response.destroy();
      edge.say('assignment', edge.assignment(2));
    };
    await volunteer.hear('sent', ({ round }) => round === 2);
    expect(volunteer.all('sent').map(({ round }) => round)).toEqual([1, 2]);
    expect(edge.deltas.map(({ round }) => round)).toEqual([1, 1, 2]);
    expect(await edge.counted()).toHaveLength(2);
  });

  test.each([
    ['silence', silence],
    ['a proxy in between', badGateway],
    ['an edge that has too many', problem(414, 'busy', { retryAfter: 0 })],
  ])('is sent again after %s', async (_, answer) => {
    const edge = await ToyEdge.start();
    edge.onHello = (line) => line.emit('assignment', edge.assignment(1));
    const receipt = { round: 1, digest: 'd', bytes: 1, repeated: true, shard: 0, position: 1 };
    edge.onDelta = inTurn(answer, json(receipt));
    const volunteer = new Volunteer(edge);
    expect(await volunteer.hear('sent')).toMatchObject({ receipt });
    expect(await edge.counted()).toHaveLength(1);
  });

  test.each([407, 411, 413] as const)('that comes too late (%d) is no failure', async (code) => {
    const edge = await ToyEdge.start();
    edge.onHello = (line) => line.emit('assignment', edge.assignment(1));
    edge.onDelta = problem(code, 'too late');
    const volunteer = new Volunteer(edge);
    expect(await volunteer.hear('closed')).toMatchObject({ round: 1, reason: 'too late' });
    expect(edge.deltas).toHaveLength(1);
    expect(volunteer.all('failed')).toEqual([]);
  });

  test('that is refused for another reason is told, with its number', async () => {
    const edge = await ToyEdge.start();
    edge.onHello = (line) => line.emit('assignment', edge.assignment(1));
    edge.onDelta = problem(405, 'too large');
    const volunteer = new Volunteer(edge);
    expect(await volunteer.hear('failed')).toMatchObject({ round: 1, error: { code: 405 } });
    edge.onDelta = undefined;
    edge.say('assignment', edge.assignment(2));
    await volunteer.hear('sent');
  });
});

describe('who is not needed for now', () => {
  test('leaves the line, says until when, and comes back by itself as the same volunteer', async () => {
    const edge = await ToyEdge.start();
    edge.onHello = (line) => {
      if (edge.hellos.length === 1) line.emit('wait', { retryAfter: 1 });
      else line.emit('assignment', edge.assignment(1));
    };
    const volunteer = new Volunteer(edge);
    const start = Date.now();
    const { until } = await volunteer.hear('waiting');
    await edge.until(() => edge.lines === 0);
    await volunteer.hear('sent');
    expect(Date.now()).toBeGreaterThanOrEqual(until);
    expect(until).toBeGreaterThanOrEqual(start + 1000);
    expect(new Set(edge.hellos).size).toBe(1);
    expect(volunteer.all('disconnected')).toEqual([]);
  });

  test('can stop meanwhile', async () => {
    const edge = await ToyEdge.start();
    edge.onHello = (line) => line.emit('wait', { retryAfter: 86_400 });
    const volunteer = new Volunteer(edge);
    await volunteer.hear('waiting');
    await volunteer.stop();
    await expect(volunteer.done).resolves.toBeUndefined();
    expect(edge.hellos).toHaveLength(1);
  });
});

describe('a ticket', () => {
  test('that the edge does not know any more is replaced by a new one', async () => {
    const edge = await ToyEdge.start();
    const volunteer = new Volunteer(edge);
    await edge.until(() => edge.hellos.length === 1);
    edge.refuses = (ticket) => (ticket === 'of volunteer-1' ? 203 : undefined);
    edge.cut();
    await edge.until(() => edge.hellos.length === 2);
    expect(volunteer.all('joined').map((one) => one.volunteer)).toEqual([
      'volunteer-1',
      'volunteer-2',
    ]);
  });

  test('that a delta is refused for is replaced as well', async () => {
    const edge = await ToyEdge.start();
    edge.onHello = (line) => line.emit('assignment', edge.assignment(edge.hellos.length));
    edge.onDelta = inTurn(
      problem(203, 'the ticket has expired'),
      json({ round: 2, digest: 'd', bytes: 1, repeated: false, shard: 0, position: 1 }),
    );
    const volunteer = new Volunteer(edge);
    await volunteer.hear('sent');
    expect(edge.deltas.map(({ ticket }) => ticket)).toEqual(['of volunteer-1', 'of volunteer-2']);
  });

  test('that is refused as soon as it was given out ends the contribution, with the number', async () => {
    const edge = await ToyEdge.start();
    edge.refuses = () => 202;
    const volunteer = new Volunteer(edge);
    await expect(volunteer.done).rejects.toMatchObject({ code: 202 });
    expect(edge.joined).toHaveLength(1);
  });

  test('of a message that the edge does not understand is not renewed', async () => {
    const edge = await ToyEdge.start();
    edge.onHello = (line) => line.emit('problem', { code: 101, detail: 'protocol' });
    await expect(new Volunteer(edge).done).rejects.toMatchObject({ code: 101 });
    expect(edge.joined).toHaveLength(1);
  });
});

describe('a project that vanishes', () => {
  test('ends the contribution with its number, in place of trying for ever', async () => {
    const { edge, volunteer } = await atWork();
    edge.hasProject = false;
    edge.cut();
    await expect(volunteer.done).rejects.toMatchObject({ code: 301 });
    await edge.until(() => edge.lines === 0);
  });

  test('is told from an edge that is only away', async () => {
    const { edge, volunteer } = await atWork();
    await edge.kill();
    await volunteer.hear('disconnected');
    edge.hasProject = false;
    await edge.open();
    await expect(volunteer.done).rejects.toMatchObject({ code: 301 });
  });

  test('or never was is told at once', async () => {
    const edge = await ToyEdge.start();
    edge.hasProject = false;
    await expect(new Volunteer(edge).done).rejects.toMatchObject({ code: 301 });
  });
});

test('an edge that hangs up without a reason is called again', async () => {
  const edge = await ToyEdge.start();
  edge.onHello = (line) => {
    if (edge.hellos.length === 1) line.disconnect(true);
    else line.emit('assignment', edge.assignment(1));
  };
  const volunteer = new Volunteer(edge);
  await volunteer.hear('sent');
  expect(edge.joined).toHaveLength(1);
});
