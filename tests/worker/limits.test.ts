/** How fast one may call: by address, by key, and to join. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { networkOf } from '../../worker/access/address.ts';
import { MinuteCounter } from '../../worker/access/limits.ts';
import { Remembered } from '../../worker/access/remembered.ts';
import { useEdge } from '../kit/edge.ts';
import { createKey } from '../kit/keys.ts';
import { newToyProject } from '../kit/project.ts';
import { ask, type Ask } from '../kit/request.ts';

/** Few enough for a test. Whether a minute ends meanwhile nobody knows: twice as many are too many. */
const MOST = 5;
const TOO_MANY = 2 * MOST + 1;

type Home = { origin: string };

async function codes(
  { origin }: Home,
  name: Parameters<typeof ask>[1],
  address: (n: number) => string,
  options: Ask = {},
): Promise<(number | undefined)[]> {
  const found: (number | undefined)[] = [];
  for (let n = 0; n < TOO_MANY; n++) {
    const headers = { 'x-real-ip': address(n), 'x-forwarded-for': `10.0.0.${n}` };
    const { problem } = await ask(origin, name, { ...options, headers });
    found.push(problem.code);
  }
  return found;
}

describe.each([
  [
    'by the platform’s binding',
    { limits: { ADDRESS_LIMIT: MOST, KEY_LIMIT: MOST, JOIN_LIMIT: MOST } },
  ],
  [
    'by the process itself',
    {
      vars: {
        ...{ ADDRESS_PER_MINUTE: `${MOST}`, KEY_PER_MINUTE: `${MOST}` },
        JOINS_PER_MINUTE: `${MOST}`,
      },
    },
  ],
])('%s', (_, told: { limits?: Record<string, number>; vars?: Record<string, string> }) => {
  const edge = useEdge({ ...told, vars: { ADDRESS_HEADER: 'x-real-ip', ...told.vars } });

  test('212: an address is slowed down, with the time to wait, and another is not', async () => {
    const found = await codes(edge.current, 'health', () => '192.0.2.1');
    expect(found.slice(0, MOST)).toEqual(Array(MOST).fill(undefined));
    expect(found).toContain(212);
    const headers = { 'x-real-ip': '192.0.2.2' };
    expect((await ask(edge.current.origin, 'health', { headers })).status).toBe(200);
  });

  test('the wait is in the reply, and shorter than a minute', async () => {
    const replies = [];
    for (let n = 0; n < TOO_MANY; n++) {
      const headers = { 'x-real-ip': '192.0.2.3' };
      replies.push(await ask(edge.current.origin, 'health', { headers }));
    }
    const refused = replies.find(({ status }) => status === 429)!;
    expect(Number(refused.headers.get('retry-after'))).toBe(refused.problem.retryAfter);
    expect(refused.problem.retryAfter).toBeLessThanOrEqual(60);
  });

  test('what a caller says of itself in X-Forwarded-For changes nothing; a /64 is one address', async () => {
    const found = await codes(edge.current, 'health', (n) => `2001:db8:1:2::${n}`);
    expect(found).toContain(212);
  });

  test('made-up keys use up the address', async () => {
    const token = `shoal_0123456789ab_${'y'.repeat(43)}`;
    const found = await codes(edge.current, 'listKeys', () => '192.0.2.4', { token });
    expect(found.slice(0, MOST)).toEqual(Array(MOST).fill(202));
    expect(found).toContain(212);
  });

  test('a key is slowed down wherever it calls from, and its address is not used up', async () => {
    const { key } = await createKey(edge.current);
    const found = await codes(edge.current, 'listKeys', (n) => `192.0.3.${n}`, { token: key });
    expect(found.slice(0, MOST)).toEqual(Array(MOST).fill(undefined));
    expect(found).toContain(212);
    const other = await createKey(edge.current);
    const headers = { 'x-real-ip': '192.0.3.99' };
    const reply = await ask(edge.current.origin, 'listKeys', { token: other.key, headers });
    expect(reply.status).toBe(200);
  });

  test('joins are counted for themselves', async () => {
    await edge.current.admin.call('createProject', { json: newToyProject('reef') });
    const found = await codes(edge.current, 'join', () => '192.0.2.5', {
      params: { project: 'reef' },
    });
    expect(found).toContain(212);
  });

  test('opening lines to a shard uses up the address too', async () => {
    const at = `${edge.current.origin}/v1/projects/reef/socket/?EIO=4&transport=polling`;
    const statuses: number[] = [];
    for (let n = 0; n < TOO_MANY; n++)
      statuses.push((await fetch(at, { headers: { 'x-real-ip': '192.0.2.6' } })).status);
    expect(statuses[0]).toBe(200);
    expect(statuses).toContain(429);
  });
});

describe('without a header that names the address', () => {
  const edge = useEdge({ vars: { ADDRESS_PER_MINUTE: '1' } });

  test('nobody is taken for somebody else', async () => {
    const found = await codes(edge.current, 'health', () => '192.0.2.1');
    expect(found).not.toContain(212);
  });
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:DB8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
  ['2001:db8::5', '2001:db8:0:0::/64'],
  ['2001:0db8:0000:0001::', '2001:db8:0:1::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s is of the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

describe('in time', () => {
  afterEach(() => vi.useRealTimers());

  test('a minute’s count begins anew with the minute, for each caller alone', async () => {
    vi.useFakeTimers({ now: 60_000 * 1000 });
    const counter = new MinuteCounter(2);
    const take = async (key: string) => (await counter.limit({ key })).success;
    expect([await take('a'), await take('a'), await take('a')]).toEqual([true, true, false]);
    expect(await take('b')).toBe(true);
    vi.advanceTimersByTime(59_999);
    expect(await take('a')).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await take('a')).toBe(true);
  });

  test('what was read is believed for so long and no longer, unless it is forgotten', async () => {
    vi.useFakeTimers({ now: 1000 });
    const remembered = new Remembered<number>(3000);
    let truth = 1;
    const read = () => remembered.get('x', async () => truth);
    expect(await read()).toBe(1);
    truth = 2;
    vi.advanceTimersByTime(2999);
    expect(await read()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(await read()).toBe(2);
    truth = 3;
    remembered.forget('x');
    expect(await read()).toBe(3);
  });
});
