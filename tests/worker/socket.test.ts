/**
 * The socket server in a real workerd, reached by the unmodified socket.io-client.
 *
 * This is what worker/socket/polling.ts stands on, and all that is engine.io's own: bytes, the query,
 * heartbeats, upgrades.
 */
import { Miniflare } from 'miniflare';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bundleSocketWorker, compatibilityDate } from './fixtures/socket-bundle.ts';

const ways = {
  websocket: ['websocket'],
  polling: ['polling'],
  upgrade: ['polling', 'websocket'],
};

let miniflare: Miniflare;
let origin: string;
const sockets: Socket[] = [];
const uncaught: Error[] = [];

/** A client of the given project, with its own connection, that is closed after the test. */
function client(options: Partial<ManagerOptions & SocketOptions>, project = 'reef'): Socket {
  const socket = io(origin, {
    path: `/v1/projects/${project}/socket/`,
    forceNew: true,
    reconnectionDelay: 1,
    ...options,
  });
  sockets.push(socket);
  return socket;
}

/** The arguments of the next event of that name, be it the socket's or its manager's. */
/* oxlint-disable typescript/no-explicit-any -- events carry whatever their sender put in */
function next(
  emitter: { once(event: string, listener: (...args: any[]) => void): unknown },
  event: string,
) {
  return new Promise<any[]>((done) => emitter.once(event, (...args) => done(args)));
}
/* oxlint-enable typescript/no-explicit-any */

async function connected(options: Partial<ManagerOptions & SocketOptions>): Promise<Socket> {
  const socket = client(options);
  await next(socket, 'connect');
  return socket;
}

async function upgraded({ io: { engine } }: Socket): Promise<void> {
  if (engine.transport.name === 'polling') await next(engine, 'upgrade');
}

/** The address of a session as a client would have it that speaks by polling, and then no more. */
async function pollingSession(project: string): Promise<string> {
  const url = `${origin}/v1/projects/${project}/socket/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1));
  const session = `${url}&sid=${sid}`;
  await (await fetch(session, { method: 'POST', body: '40' })).text();
  expect(await (await fetch(session)).text()).toContain('40{"sid":');
  return session;
}

beforeAll(async () => {
  miniflare = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    handleUncaughtError: (error: Error) => uncaught.push(error),
    workers: [
      {
        config: {
          name: 'socket-echo',
          compatibilityDate,
          compatibilityFlags: ['nodejs_compat'],
          manifest: {
            mainModule: 'worker.js',
            modules: {
              'worker.js': { type: 'esm', contents: await bundleSocketWorker('socket-echo') },
            },
          },
          env: { ECHO: { type: 'durable-object', worker: 'socket-echo', exportName: 'Echo' } },
          exports: { Echo: { type: 'durable-object', storage: 'sqlite' } },
        },
      },
    ],
  });
  origin = (await miniflare.ready).origin;
}, 60_000);

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.disconnect();
});

afterAll(async () => {
  await miniflare?.dispose();
  expect(uncaught).toEqual([]);
});

describe.each(Object.entries(ways))('by %s', (_way, transports) => {
  test('an acknowledged message comes back', async () => {
    const socket = await connected({ transports });
    const value = { text: 'räksmörgås 🐟', list: [1, null, true] };
    expect(await socket.emitWithAck('echo', value)).toEqual(value);
  });

  test('auth, query and address reach the handler', async () => {
    const socket = await connected({
      transports,
      auth: { token: 't' },
      query: { project: 'reef' },
    });
    const seen = await socket.emitWithAck('whoami');
    expect(seen).toMatchObject({ auth: { token: 't' }, project: 'reef', address: '127.0.0.1' });
  });

  test('bytes pass both ways', async () => {
    const socket = await connected({ transports });
    const sent = Uint8Array.from({ length: 256 }, (_, index) => index);
    const answer = next(socket, 'bytes');
    socket.emit('bytes', sent);
    const [received, arrivedAsBuffer] = await answer;
    expect([...new Uint8Array(received)]).toEqual([...sent].reverse());
    expect(arrivedAsBuffer).toBe(true);
  });

  test('many messages keep their order', async () => {
    const socket = await connected({ transports });
    const numbers = Array.from({ length: 200 }, (_, index) => index);
    const order: number[] = [];
    await Promise.all(numbers.map(async (n) => order.push(await socket.emitWithAck('echo', n))));
    expect(order).toEqual(numbers);
  });

  test('a room is told, and nobody else', async () => {
    const [inside, outside] = await Promise.all([
      connected({ transports }),
      connected({ transports }),
    ]);
    await inside.emitWithAck('join', 'shallows');
    outside.on('told', () => expect.unreachable());
    const told = next(inside, 'told');
    outside.emit('tell', 'shallows', 'tide');
    expect(await told).toEqual(['tide']);
    // Behind the broadcast in the same connection: had there been one, it would be here.
    await outside.emitWithAck('echo', 0);
  });

  test('the server notices when a client leaves', async () => {
    const [stays, leaves] = await Promise.all([
      connected({ transports }),
      connected({ transports }),
    ]);
    const { id } = leaves;
    const departed = next(stays, 'departed');
    leaves.disconnect();
    expect(await departed).toEqual([id, 'client namespace disconnect']);
  });

  test('a dropped client connects again by itself', async () => {
    const socket = await connected({ transports });
    const { id } = socket;
    const again = next(socket, 'connect');
    socket.emit('drop me');
    await again;
    expect(socket.id).not.toBe(id);
    expect(await socket.emitWithAck('echo', 1)).toBe(1);
  });

  test('a dismissed client stays away until it asks', async () => {
    const socket = await connected({ transports });
    const dismissed = next(socket, 'disconnect');
    socket.emit('leave me');
    expect((await dismissed)[0]).toBe('io server disconnect');
    const again = next(socket, 'connect');
    socket.connect();
    await again;
  });

  test('too large a message ends the connection', async () => {
    const [stays, socket] = await Promise.all([
      connected({ transports }),
      connected({ transports, reconnection: false }),
    ]);
    // One that goes wrong on the way from polling may be noticed by a ping only, after 80 s.
    if (transports === ways.upgrade) await upgraded(socket);
    expect(await socket.emitWithAck('echo', 'x'.repeat(60_000))).toHaveLength(60_000);
    const departed = next(stays, 'departed');
    const { id } = socket;
    const ended = next(socket, 'disconnect');
    socket.emit('echo', 'x'.repeat(70_000));
    expect((await ended)[0]).toMatch(/transport (close|error)/);
    expect((await departed)[0]).toBe(id);
  });
});

test('a poll that is aborted is a departure at once', async () => {
  const stays = await connected({ transports: ways.websocket });
  const session = await pollingSession('reef');
  const departures: string[] = [];
  stays.on('departed', (_id, reason) => departures.push(reason));
  const poll = fetch(session);
  // The two requests go by different connections: the first cuts may come before the poll.
  while (departures.length === 0) await stays.emitWithAck('cut the line');
  expect(departures).toEqual(['transport error']);
  await (await poll).text();
});

test('a client that falls silent departs, one that answers pings stays', async () => {
  const stays = client({ transports: ways.websocket }, 'hasty');
  await next(stays, 'connect');
  const departed = next(stays, 'departed');
  await pollingSession('hasty');
  const pings = next(stays.io, 'ping');
  expect((await departed)[1]).toBe('ping timeout');
  await pings;
  expect(stays.connected).toBe(true);
});

test('a line that breaks is a departure at once', async () => {
  const [stays, breaks] = await Promise.all([
    connected({ transports: ways.websocket }),
    connected({ transports: ways.websocket, reconnection: false }),
  ]);
  const departed = next(stays, 'departed');
  // The TCP connection under socket.io-client's `ws`, ended without a word of WebSocket.
  const { transport } = breaks.io.engine as unknown as {
    transport: { ws: { _socket: { destroy(): void } } };
  };
  transport.ws._socket.destroy();
  expect((await departed)[1]).toMatch(/^transport (close|error)$/);
});

test('what is no socket request is refused', async () => {
  const url = `${origin}/v1/projects/reef/socket/?EIO=4&transport=polling`;
  expect((await fetch(url.replace('/socket/', '/other/'))).status).toBe(404);
  expect((await fetch(`${url}&sid=none`)).status).toBe(400);
  expect((await fetch(url, { method: 'POST', body: '40' })).status).toBe(400);
});

test.each([
  ['an unknown session', 'EIO=4&sid=none', 400],
  ['a protocol of the past', 'EIO=3', 101],
])('an upgrade with %s is refused', async (_what, query, status) => {
  const response = await miniflare.dispatchFetch(
    `${origin}/v1/projects/reef/socket/?transport=websocket&${query}`,
    { headers: { upgrade: 'websocket' } },
  );
  expect(response.status).toBe(status);
  if (!response.webSocket) return expect(await response.text()).toMatch('Session ID unknown');
  // engine.io looks at the version after the upgrade only.
  const closed = next(
    { once: (e, f) => response.webSocket!.addEventListener(e as 'close', f) },
    'close',
  );
  response.webSocket.accept();
  expect((await closed)[0].code).toBe(1002);
});

test('polling is left for a WebSocket once that is open', async () => {
  const socket = client({ transports: ways.upgrade });
  await next(socket, 'connect');
  await upgraded(socket);
  expect(socket.io.engine.transport.name).toBe('websocket');
  expect((await socket.emitWithAck('whoami')).transport).toBe('websocket');
});

test('projects are apart', async () => {
  const here = await connected({ transports: ways.websocket });
  const there = client({ transports: ways.websocket }, 'lagoon');
  await next(there, 'connect');
  await Promise.all([here.emitWithAck('join', 'all'), there.emitWithAck('join', 'all')]);
  there.on('told', () => expect.unreachable());
  const told = next(here, 'told');
  here.emit('tell', 'all', 'hello');
  await told;
  await there.emitWithAck('echo', 0);
});
