/**
 * An object with lines goes to sleep, and nobody notices.
 *
 * workerd evicts an idle object after ten seconds and keeps its sockets, as the platform does
 * (cloudflare/workerd#1138). Miniflare does the same at once on demand; only one test waits.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { START_MS } from '../kit/edge.ts';
import { HallEdge, next, pause } from './fixtures/socket-hall.ts';

const GOING_AWAY = 1001;

let edge: HallEdge;
let count = 0;

beforeAll(async () => {
  edge = await HallEdge.start();
}, START_MS);
afterEach(() => edge.sweep());
afterAll(() => edge?.stop());

const fresh = (kind = 'hall') => `${kind}-${count++}`;

describe('after sleep', () => {
  test('a line is in its rooms, with all that was known of it', async () => {
    const hall = fresh();
    const [client, other] = await Promise.all([
      edge.connected(hall, { auth: { ticket: 'valid' } }),
      edge.connected(hall),
    ]);
    await client.emitWithAck('join', 'shallows');
    await client.emitWithAck('note', { volunteer: 'v', since: 1 });
    await edge.sleep(hall);
    expect(await other.emitWithAck('calls', null)).toEqual({ made: 2, messages: 1, alarms: 0 });
    expect(await client.emitWithAck('whoami', null)).toEqual({
      ...{ id: client.id, auth: { ticket: 'valid' }, rooms: ['everyone', 'shallows'] },
      data: { volunteer: 'v', since: 1 },
    });
    const { count: present, rooms } = await other.emitWithAck('presence', null);
    expect([present, rooms.sort()]).toEqual([2, ['everyone', 'shallows']]);
  });

  test('a message that wakes the object reaches those who sleep', async () => {
    const hall = fresh();
    const [client, other] = await Promise.all([edge.connected(hall), edge.connected(hall)]);
    await client.emitWithAck('join', 'shallows');
    await edge.sleep(hall);
    other.on('told', () => expect.unreachable());
    const told = next(client, 'told');
    other.emit('tell', { room: 'shallows', value: 'tide' });
    expect(await told).toBe('tide');
    await other.emitWithAck('echo', 0);
  });

  test('a second sleep forgets nothing either', async () => {
    const hall = fresh();
    const client = await edge.connected(hall);
    await edge.sleep(hall);
    await client.emitWithAck('join', 'shallows');
    await edge.sleep(hall);
    expect(await client.emitWithAck('whoami', null)).toMatchObject({
      rooms: ['everyone', 'shallows'],
    });
    expect(await client.emitWithAck('calls', null)).toMatchObject({ made: 3 });
  });

  test('whoever leaves meanwhile is missed', async () => {
    const hall = fresh();
    const [client, other] = await Promise.all([edge.connected(hall), edge.connected(hall)]);
    await client.emitWithAck('join', 'shallows');
    const { id } = client;
    await edge.sleep(hall);
    const departed = next(other, 'departed');
    client.io.engine.close();
    const rooms = ['everyone', 'shallows'];
    expect(await departed).toEqual({ id, reason: 'transport close', rooms, left: 1 });
    expect(await other.emitWithAck('presence', null)).toEqual({ count: 1, rooms: ['everyone'] });
  });

  test('whoever had not greeted yet may do so', async () => {
    const hall = fresh();
    const line = await edge.raw(hall);
    await line.next();
    await edge.sleep(hall);
    await line.connect();
    expect(await line.calls()).toMatchObject({ made: 2 });
  });

  test('whoever took its leave stays away until it greets again', async () => {
    const hall = fresh();
    const [line, other] = await Promise.all([edge.raw(hall), edge.connected(hall)]);
    await line.connect();
    const departed = next(other, 'departed');
    line.say('41');
    await departed;
    await edge.sleep(hall);
    expect(await other.emitWithAck('presence', null)).toMatchObject({ count: 1 });
    await line.connect();
    expect(await line.ask('presence')).toMatchObject({ count: 2 });
  });

  test('whoever was given up stays away, even if it never said goodbye', async () => {
    const hall = fresh();
    const [client, other] = await Promise.all([edge.connected(hall), edge.connected(hall)]);
    await client.emitWithAck('join', 'given up');
    const departed = next(other, 'departed');
    pause(client);
    other.emit('dismiss', 'given up');
    await departed;
    await edge.sleep(hall);
    expect(await other.emitWithAck('presence', null)).toEqual({ count: 1, rooms: ['everyone'] });
  });
});

describe('the heartbeat', () => {
  test('is answered without waking the object', async () => {
    const hall = fresh();
    const line = await edge.raw(hall);
    await line.connect();
    line.say('3');
    expect(await line.next()).toBe('6');
    await edge.sleep(hall);
    for (let n = 0; n < 3; n++) {
      line.say('3');
      expect(await line.next()).toBe('6');
    }
    // All that the object was called for since it slept is this question.
    expect(await line.calls()).toEqual({ made: 2, messages: 1, alarms: 0 });
  });

  test('goes on while the object sleeps, and its alarm wakes it', async () => {
    const hall = fresh('hasty');
    const line = await edge.raw(hall);
    await line.connect();
    for (let n = 0; n < 3; n++) {
      await edge.sleep(hall);
      await line.nextLike('2');
      line.say('3');
    }
    const { made, messages, alarms } = await line.calls();
    expect([made, messages]).toEqual([4, 1]);
    expect(alarms).toBeGreaterThan(0);
    expect(await line.ask('presence')).toMatchObject({ count: 1 });
  });

  test.each(['awake', 'asleep'])('tells who is dead while %s', async (how) => {
    const hall = fresh('hasty');
    const [stays, silent] = await Promise.all([edge.connected(hall), edge.raw(hall)]);
    await silent.connect();
    await silent.ask('join', 'shallows');
    const departed = next(stays, 'departed');
    // From beat to beat, as it is where nothing happens: what the last one asked must be remembered.
    if (how === 'asleep') stays.io.on('ping', () => void edge.sleep(hall));
    expect(await silent.closed).toBe(GOING_AWAY);
    const rooms = ['everyone', 'shallows'];
    expect(await departed).toMatchObject({ reason: 'ping timeout', rooms, left: 1 });
    // It has seen several beats by now.
    expect(stays.connected).toBe(true);
  });

  test('ends a line on which nobody ever greets', async () => {
    const hall = fresh('hasty');
    const line = await edge.raw(hall);
    const answering = setInterval(() => line.say('3'), 50);
    expect(await line.closed).toBe(GOING_AWAY);
    clearInterval(answering);
  });

  test('leaves a line be on which somebody is about to greet again', async () => {
    const line = await edge.raw(fresh('hasty'));
    await line.connect();
    line.say('41');
    expect(await line.nextLike('2')).toBe('2');
  });

  test('stops when nobody is there, and begins again', async () => {
    const hall = fresh('hasty');
    const first = await edge.connected(hall);
    await next(first.io, 'ping');
    first.disconnect();
    // Longer than an interval: the last beat is long ago.
    await wait(900);
    const second = await edge.connected(hall);
    const { alarms } = await second.emitWithAck('calls', null);
    await next(second.io, 'ping');
    await next(second.io, 'ping');
    expect((await second.emitWithAck('calls', null)).alarms).toBeGreaterThanOrEqual(alarms + 2);
    expect(second.connected).toBe(true);
  });
});

test('an object goes to sleep by itself, unless somebody polls', { timeout: 60_000 }, async () => {
  const [asleep, awake] = [fresh(), fresh()];
  const [client, polls, beside] = await Promise.all([
    edge.connected(asleep),
    edge.connected(awake, { transports: ['polling'] }),
    edge.connected(awake),
  ]);
  // workerd's ten seconds, and some: a machine that is busy lets it wait.
  await wait(14_000);
  expect(await client.emitWithAck('calls', null)).toEqual({ made: 2, messages: 1, alarms: 0 });
  expect(await beside.emitWithAck('calls', null)).toMatchObject({ made: 1 });
  const told = Promise.all([next(client, 'told'), next(polls, 'told')]);
  client.emit('tell', { room: 'everyone', value: 1 });
  beside.emit('tell', { room: 'everyone', value: 2 });
  expect(await told).toEqual([1, 2]);
});
