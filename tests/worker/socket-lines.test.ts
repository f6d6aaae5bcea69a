/** The lines as their owner sees them: the same by either door, to the unmodified socket.io-client. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { START_MS } from '../kit/edge.ts';
import { HallEdge, next, pause, upgraded } from './fixtures/socket-hall.ts';

const ways = {
  websocket: ['websocket'],
  polling: ['polling'],
  'polling, then an upgrade': ['polling', 'websocket'],
};

let edge: HallEdge;
let count = 0;

beforeAll(async () => {
  edge = await HallEdge.start();
}, START_MS);
afterEach(() => edge.sweep());
afterAll(() => edge?.stop());

/** An object that nobody else is in. */
const fresh = () => `hall-${count++}`;

describe.each(Object.entries(ways))('by %s', (_way, transports) => {
  test('what a client shows reaches the owner', async () => {
    const client = await edge.connected(fresh(), { transports, auth: { ticket: 'valid' } });
    expect(await client.emitWithAck('whoami', null)).toEqual({
      ...{ id: client.id, auth: { ticket: 'valid' }, rooms: ['everyone'] },
    });
  });

  test('values come back as they were sent, in their order', async () => {
    const client = await edge.connected(fresh(), { transports });
    const value = { text: 'räksmörgås 🐟', list: [1, null, true] };
    expect(await client.emitWithAck('echo', value)).toEqual(value);
    const order: unknown[] = [];
    const numbers = Array.from({ length: 40 }, (_, n) => n);
    // Every third takes its time, and those after it wait.
    const asked = numbers.map(async (n) =>
      order.push(await client.emitWithAck(n % 3 === 0 ? 'slow' : 'echo', n)),
    );
    await Promise.all(asked);
    expect(order).toEqual(numbers);
  });

  test('what is said while the owner makes up its mind is not lost', async () => {
    const client = edge.client(fresh(), { transports });
    expect(await client.emitWithAck('whoami', null)).toMatchObject({ rooms: ['everyone'] });
  });

  test('a room is told, and nobody else', async () => {
    const hall = fresh();
    const [inside, outside] = await Promise.all([
      edge.connected(hall, { transports }),
      edge.connected(hall, { transports }),
    ]);
    expect(await inside.emitWithAck('join', 'shallows')).toBe(1);
    outside.on('told', () => expect.unreachable());
    const told = next(inside, 'told');
    outside.emit('tell', { room: 'shallows', value: 'tide' });
    expect(await told).toBe('tide');
    // Behind the broadcast in the same connection: had there been one, it would be here.
    await outside.emitWithAck('echo', 0);
    const { count: present, rooms } = await outside.emitWithAck('presence', null);
    expect([present, rooms.sort()]).toEqual([2, ['everyone', 'shallows']]);
  });

  test('what the owner notes on a line is there with the next message', async () => {
    const client = await edge.connected(fresh(), { transports });
    await client.emitWithAck('note', { volunteer: 'v' });
    expect(await client.emitWithAck('whoami', null)).toMatchObject({ data: { volunteer: 'v' } });
  });

  test('whoever leaves is out of its rooms by the time the owner learns of it', async () => {
    const hall = fresh();
    const stays = await edge.connected(hall, { transports });
    const leaves = await edge.connected(hall, { transports });
    await leaves.emitWithAck('join', 'shallows');
    const { id } = leaves;
    const departed = next(stays, 'departed');
    leaves.disconnect();
    const reason = 'client namespace disconnect';
    const rooms = ['everyone', 'shallows'];
    expect(await departed).toEqual({ id, reason, rooms, left: 1 });
    expect(await stays.emitWithAck('presence', null)).toEqual({ count: 1, rooms: ['everyone'] });
  });

  test('a dismissed client stays away until it asks', async () => {
    const hall = fresh();
    const stays = await edge.connected(hall, { transports });
    const client = await edge.connected(hall, { transports });
    const departed = next(stays, 'departed');
    const dismissed = next(client, 'disconnect');
    stays.on('told', () => expect.unreachable());
    // The last of these is at the edge already when the second is acted upon.
    client.emit('slow', 0, () => undefined);
    client.emit('leave me');
    client.emit('tell', { room: 'everyone', value: 'the last word' });
    expect(await dismissed).toBe('io server disconnect');
    expect(await departed).toMatchObject({ reason: 'server namespace disconnect', left: 1 });
    const again = next(client, 'welcome');
    client.connect();
    await again;
    await stays.emitWithAck('echo', 0);
  });

  test('a room is dismissed, and nobody else', async () => {
    const hall = fresh();
    const stays = await edge.connected(hall, { transports });
    const [one, two] = await Promise.all([
      edge.connected(hall, { transports }),
      edge.connected(hall, { transports }),
    ]);
    await Promise.all([one.emitWithAck('join', 'tabs'), two.emitWithAck('join', 'tabs')]);
    const dismissed = Promise.all([next(one, 'disconnect'), next(two, 'disconnect')]);
    stays.emit('dismiss', 'tabs');
    expect(await dismissed).toEqual(['io server disconnect', 'io server disconnect']);
    expect(await stays.emitWithAck('presence', null)).toEqual({ count: 1, rooms: ['everyone'] });
  });

  test('whom the owner turns away is told so, and never was in', async () => {
    const hall = fresh();
    const stays = await edge.connected(hall, { transports });
    const departed = next(stays, 'departed');
    const client = edge.client(hall, { transports, auth: { ticket: 'forged' } });
    client.on('welcome', () => expect.unreachable());
    expect(await next(client, 'disconnect')).toBe('io server disconnect');
    expect(await departed).toMatchObject({ rooms: [], left: 1 });
  });

  test('a handler that fails ends its line, and no other', async () => {
    const hall = fresh();
    const stays = await edge.connected(hall, { transports });
    const client = await edge.connected(hall, { transports });
    const ended = next(client, 'disconnect');
    client.emit('fail');
    expect(await ended).toBe('io server disconnect');
    expect(await stays.emitWithAck('presence', null)).toMatchObject({ count: 1 });
  });

  test('events that nobody knows are passed over', async () => {
    const client = await edge.connected(fresh(), { transports });
    const loose = client as unknown as { emit(event: string, ...values: unknown[]): void };
    loose.emit('constructor', 1);
    loose.emit('unheard-of', 1);
    loose.emit('echo');
    expect(await client.emitWithAck('echo', 1)).toBe(1);
  });

  test('too large a message ends the line, and no other', async () => {
    const hall = fresh();
    const stays = await edge.connected(hall, { transports });
    const client = await edge.connected(hall, { transports, reconnection: false });
    if (transports.length > 1) await upgraded(client);
    expect(await client.emitWithAck('echo', 'x'.repeat(60_000))).toHaveLength(60_000);
    const departed = next(stays, 'departed');
    const ended = next(client, 'disconnect');
    // Fewer characters than are allowed, and more bytes.
    client.emit('echo', 'ä'.repeat(35_000), () => expect.unreachable());
    expect(await ended).toMatch(/transport (close|error)/);
    expect(await departed).toMatchObject({ left: 1 });
  });
});

test('clients by both doors are in the same rooms', async () => {
  const hall = fresh();
  const [polls, listens] = await Promise.all([
    edge.connected(hall, { transports: ['polling'] }),
    edge.connected(hall),
  ]);
  await polls.emitWithAck('join', 'tabs');
  expect(await listens.emitWithAck('join', 'tabs')).toBe(2);
  const told = Promise.all([next(polls, 'told'), next(listens, 'told')]);
  polls.emit('tell', { room: 'tabs', value: 1 });
  expect(await told).toEqual([1, 1]);
});

test('a client whose WebSocket is refused polls', async () => {
  const client = edge.client(fresh(), {
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    upgrade: false,
    // A session that nobody knows: refused, as by a proxy that does not know WebSockets.
    transportOptions: { websocket: { query: { EIO: '4', transport: 'websocket', sid: 'none' } } },
  });
  await next(client, 'welcome');
  expect(client.io.engine.transport.name).toBe('polling');
});

test('a client that asks for far more than is done is dismissed', async () => {
  const client = await edge.connected(fresh(), { transports: ['polling'] });
  const dismissed = next(client, 'disconnect');
  // One request; from a WebSocket, workerd reads a message when the one before has been dealt with.
  for (let n = 0; n < 100; n++) client.emit('slow', n, () => undefined);
  expect(await dismissed).toBe('io server disconnect');
});

test('a client that reads is told everything, one that does not is cut off', async () => {
  const hall = fresh();
  const [reads, asks] = await Promise.all([edge.connected(hall), edge.connected(hall)]);
  let heard = 0;
  const all = new EventTarget();
  reads.on('told', () => ++heard % 20 === 0 && all.dispatchEvent(new Event('heard')));
  await reads.emitWithAck('join', 'readers');
  const flood = { room: 'readers', size: 1200, times: 20, volatile: false };
  // Each time more than a line may lag, and in all far more than it may be behind.
  for (let n = 0; n < 10; n++) {
    const told = new Promise((done) => all.addEventListener('heard', done, { once: true }));
    asks.emit('flood', flood);
    await told;
    // Behind its answer to the question which was in between.
    await reads.emitWithAck('echo', 0);
  }
  let told = 0;
  asks.on('told', () => told++);
  await asks.emitWithAck('join', 'readers');
  const { id } = reads;
  const departures: unknown[] = [];
  asks.on('departed', (message) => {
    departures.push(message);
    // Who is cut off in the middle of something is missed when all others have been told.
    expect(told % 20).toBe(0);
  });
  pause(reads);
  while (departures.length === 0) {
    asks.emit('flood', flood);
    await asks.emitWithAck('echo', 0);
  }
  expect(departures).toMatchObject([{ id, reason: 'transport error' }]);
  expect(told).toBeLessThan(100);
});

test('a client that polls and does not fetch what it is told is cut off', async () => {
  const hall = fresh();
  const asks = await edge.connected(hall);
  const departed = next(asks, 'departed');
  const address = `${edge.origin}/v1/projects/${hall}/socket/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await (await fetch(address)).text()).slice(1));
  const session = `${address}&sid=${sid}`;
  await fetch(session, { method: 'POST', body: '40{}' });
  // Its greeting and the welcome are the last that it fetches.
  for (let heard = ''; !heard.includes('welcome');) heard += await (await fetch(session)).text();
  await fetch(session, { method: 'POST', body: '42["join","pollers"]' });
  asks.emit('flood', { room: 'pollers', size: 2000, times: 50, volatile: false });
  expect(await departed).toMatchObject({ rooms: ['everyone', 'pollers'], left: 1 });
  expect((await fetch(session)).status).toBe(400);
});

test('a line that lags misses what is volatile, and is not cut off', async () => {
  const client = await edge.connected(fresh());
  let messages = 0;
  client.on('told', () => messages++);
  client.emit('flood', { room: 'everyone', size: 2400, times: 200, volatile: true });
  await client.emitWithAck('echo', 0);
  expect(messages).toBe(7);
  client.emit('flood', { room: 'everyone', size: 2400, times: 1, volatile: true });
  await client.emitWithAck('echo', 0);
  expect(messages).toBe(8);
});
