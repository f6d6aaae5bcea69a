/**
 * The WebSocket door's protocol, message by message: the cases of the official suites
 * (socket.io's docs/socket.io-protocol/v5-test-suite and docs/engine.io-protocol/v4-test-suite) that
 * concern a server of WebSockets with one namespace and no bytes, and what else a client may do wrong.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { START_MS } from '../kit/edge.ts';
import { HallEdge } from './fixtures/socket-hall.ts';

const PROTOCOL_ERROR = 1002;
const UNSUPPORTED = 1003;
const TOO_BIG = 1009;

let edge: HallEdge;
let count = 0;

beforeAll(async () => {
  edge = await HallEdge.start();
}, START_MS);
afterEach(() => edge.sweep());
afterAll(() => edge?.stop());

describe('the handshake', () => {
  test('opens a session', async () => {
    const line = await edge.raw('reef');
    const opened = await line.next();
    expect(opened.slice(0, 1)).toBe('0');
    expect(JSON.parse(opened.slice(1))).toEqual({
      ...{ sid: expect.any(String), upgrades: [], maxPayload: 65_536 },
      ...{ pingInterval: 60_000, pingTimeout: 60_000 },
    });
  });

  test.each([
    'transport=websocket',
    'EIO=abc&transport=websocket',
    'EIO=3&transport=websocket',
    'EIO=4',
    'EIO=4&transport=abc',
    'EIO=4&transport=websocket&sid=none',
  ])('is refused with %s', async (query) => {
    await expect(edge.raw('reef', query)).rejects.toThrow('refused');
  });

  test('is refused on another path', async () => {
    const headers = { upgrade: 'websocket' };
    const url = `${edge.origin}/v1/projects/reef/other/?EIO=4&transport=websocket`;
    expect((await edge.miniflare.dispatchFetch(url, { headers })).status).toBe(404);
  });
});

describe('connecting', () => {
  test.each([
    ['without a payload', '40', {}],
    ['with a payload', '40{"token":"123"}', { token: '123' }],
  ])('%s', async (_how, said, auth) => {
    const line = await edge.raw('reef');
    line.say(said);
    await line.next();
    const answer = await line.next();
    expect(answer.slice(0, 2)).toBe('40');
    expect(JSON.parse(answer.slice(2))).toEqual({ sid: expect.any(String) });
    expect(await line.next()).toBe(`42["welcome",${JSON.stringify(auth)}]`);
  });

  test.each([
    ['an unknown namespace', '40/random', '44/random,{"message":"Invalid namespace"}'],
    ['one with a payload', '40/random,{"a":1}', '44/random,{"message":"Invalid namespace"}'],
    ['too much', `40{"a":"${'x'.repeat(3000)}"}`, '44{"message":"too much to keep"}'],
  ])('%s is refused, and may be tried again', async (_what, said, answer) => {
    const line = await edge.raw('reef');
    await line.next();
    line.say(said);
    expect(await line.next()).toBe(answer);
    await line.connect();
  });

  test('again, once disconnected', async () => {
    const line = await edge.raw('reef');
    await line.connect('{"n":1}');
    line.say('41', '40{"n":2}');
    expect(await line.nextLike('42["welcome"')).toBe('42["welcome",{"n":2}]');
  });
});

describe('messages', () => {
  test.each([
    ['is acknowledged', '42456["echo",{"3":[false]}]', '43456[{"3":[false]}]'],
    ['with the id 0', '420["echo",1]', '430[1]'],
    ['is not acknowledged without an id', '42["echo",1]', '439[2]'],
    ['is not acknowledged when it is not known', '421["nothing",1]', '439[2]'],
    ['that has a number for its name is passed over', '421[1,1]', '439[2]'],
    ['is an answer to nothing', '431["x"]', '439[2]'],
    ['is a pong', '3', '6'],
  ])('one that %s', async (_what, said, answer) => {
    const line = await edge.raw('reef');
    await line.connect();
    line.say(said);
    if (answer !== '6') line.say('429["echo",2]');
    expect(await line.next()).toBe(answer);
  });
});

describe('the end', () => {
  test('of a session', async () => {
    const line = await edge.raw('reef');
    line.say('1');
    expect(await line.closed).toBe(1000);
  });

  test('of a client that is dismissed', async () => {
    const line = await edge.raw('reef');
    await line.connect();
    line.say('42["leave me"]');
    expect(await line.next()).toBe('41');
    expect(await line.closed).toBe(1000);
  });

  test.each<[string, string | Uint8Array<ArrayBuffer>, number]>([
    ['nothing', '', PROTOCOL_ERROR],
    ['an unknown packet', '4abc', PROTOCOL_ERROR],
    ['an unknown frame', '9', PROTOCOL_ERROR],
    ['an empty message', '4', PROTOCOL_ERROR],
    ['a ping, which is the server`s', '2', PROTOCOL_ERROR],
    ['a probe', '2probe', PROTOCOL_ERROR],
    ['an upgrade', '5', PROTOCOL_ERROR],
    ['an event that is no list', '42{}', PROTOCOL_ERROR],
    ['an event without a name', '42[]', PROTOCOL_ERROR],
    ['an event without anything', '42', PROTOCOL_ERROR],
    ['an event with a reserved name', '42["disconnect"]', PROTOCOL_ERROR],
    ['an event with half a list', '42["echo",', PROTOCOL_ERROR],
    ['a bad number', '42abc["echo",1]', PROTOCOL_ERROR],
    ['an event of another namespace', '42/random,["echo",1]', PROTOCOL_ERROR],
    ['a second greeting', '40', PROTOCOL_ERROR],
    ['a refusal', '44{"message":"no"}', PROTOCOL_ERROR],
    ['a promise of bytes', '451-["echo",{"_placeholder":true,"num":0}]', PROTOCOL_ERROR],
    ['a promise of bytes in an answer', '461-1[{"_placeholder":true,"num":0}]', PROTOCOL_ERROR],
    ['bytes in base64', 'bAQID', PROTOCOL_ERROR],
    ['bytes', Uint8Array.of(1, 2, 3), UNSUPPORTED],
    ['too much', `42["echo","${'x'.repeat(66_000)}"]`, TOO_BIG],
  ])('of a line by %s, and of no other', async (_what, said, code) => {
    const hall = `hall-${count++}`;
    const [line, other] = await Promise.all([edge.raw(hall), edge.raw(hall)]);
    await Promise.all([line.connect(), other.connect()]);
    line.say(said);
    expect(await line.closed).toBe(code);
    expect(await other.ask('echo', 1)).toBe(1);
    expect(await other.ask('presence')).toMatchObject({ count: 1 });
  });

  test.each(['42["echo",1]', '41', '430[1]', '4'])(
    'of a line that begins with %s',
    async (said) => {
      const line = await edge.raw('reef');
      line.say(said);
      expect(await line.closed).toBe(PROTOCOL_ERROR);
    },
  );
});
