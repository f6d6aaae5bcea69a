/** What an edge may ask of whoever joins: a proof of work, or Turnstile's word for a person. */
import { SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Part, isSolved, DEMAND } from '../../shared/challenge/work.ts';
import type { Challenge } from '../../shared/api/schemas/challenge.ts';
import type { Ticket } from '../../shared/api/schemas/training.ts';
import { join, solve } from '../../client/net/challenge.ts';
import { START_MS, startTestEdge, useEdge, type TestEdge } from '../kit/edge.ts';
import { newToyProject } from '../kit/project.ts';
import { ask, type Answered } from '../kit/request.ts';
import { SILENCE, startSiteverify } from '../kit/siteverify.ts';

const { signal } = new AbortController();
const project = 'reef';
const params = { project };

type Work = Extract<Challenge, { kind: 'work' }>;

const send = (edge: TestEdge, json: unknown, to = project): Promise<Answered> =>
  ask(edge.origin, 'join', { params: { project: to }, json });

describe('a puzzle', () => {
  test('is solved by nonces whose hashes begin with enough zeros, as many as asked for', async () => {
    const nonces = await solve('a puzzle', { count: 3, bits: 6 }, signal);
    expect(isSolved('a puzzle', nonces, { count: 3, bits: 6 })).toBe(true);
    expect(isSolved('another', nonces, { count: 3, bits: 6 })).toBe(false);
    expect(isSolved('a puzzle', nonces.slice(1), { count: 3, bits: 6 })).toBe(false);
    expect(isSolved('a puzzle', nonces, { count: 3, bits: 40 })).toBe(false);
  });

  test('is as hard as it says: one nonce in 2^bits fits', () => {
    const part = new Part('hard', 0, 5);
    const n = 20_000;
    const fitting = Array.from({ length: n }, (_, nonce) => part.fits(nonce)).filter(Boolean);
    // Five standard deviations.
    expect(Math.abs(fitting.length - n / 32)).toBeLessThan(5 * Math.sqrt(n / 32));
  });

  test('hashes what the paper’s protocol would: the digest, the part, the nonce', async () => {
    // An independent hash of the same bytes.
    const input = new Uint8Array(44);
    const text = new TextEncoder().encode('a puzzle');
    input.set(new Uint8Array(await crypto.subtle.digest('SHA-256', text)));
    const view = new DataView(input.buffer);
    view.setUint32(32, 2);
    const [, , nonce] = await solve('a puzzle', { count: 3, bits: 8 }, signal);
    view.setUint32(40, nonce!);
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', input));
    expect(hash[0]).toBe(0);
  });

  test('leaves everything else its turn while it is worked on, and is given up when told', async () => {
    const stop = new AbortController();
    let turns = 0;
    const timer = setInterval(() => ++turns === 5 && stop.abort(new Error('enough')), 1);
    // Nobody solves this one.
    await expect(solve('endless', { count: 1, bits: 200 }, stop.signal)).rejects.toThrow('enough');
    clearInterval(timer);
    expect(turns).toBe(5);
  });
});

describe('an edge that asks for work', () => {
  const edge = useEdge({ vars: { CHALLENGE: 'work' } });
  beforeAll(async () => {
    for (const id of [project, 'atoll'])
      await edge.current.admin.call('createProject', { json: newToyProject(id) });
  });

  const challenge = async () =>
    (await edge.current.anyone.call('getChallenge', { params })) as Work;
  const solved = async () => {
    const { puzzle, count, bits } = await challenge();
    return { work: { puzzle, nonces: await solve(puzzle, { count, bits }, signal) } };
  };

  test('213: gives no ticket without', async () => {
    expect((await send(edge.current, undefined)).problem.code).toBe(213);
    expect((await send(edge.current, {})).problem.code).toBe(213);
    expect((await send(edge.current, { turnstile: 'x' })).problem.code).toBe(213);
  });

  test('gives one for the right nonces, and the client finds them', async () => {
    expect(await challenge()).toMatchObject({ kind: 'work', ...DEMAND });
    const ticket: Ticket = await join({ origin: edge.current.origin, project, signal });
    // Through the door, to what is wrong with the request itself.
    const { problem } = await ask(edge.current.origin, 'sendDelta', {
      params,
      token: ticket.ticket,
    });
    expect(problem.code).not.toBe(201);
    expect([202, 203, 204]).not.toContain(problem.code);
  });

  test('gives one only, however often the nonces are sent', async () => {
    const answer = await solved();
    const replies = await Promise.all(Array.from({ length: 8 }, () => send(edge.current, answer)));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(replies.filter(({ problem }) => problem.code === 214)).toHaveLength(7);
  });

  test('214: takes no wrong nonces, and the puzzle is not used up by them', async () => {
    const answer = await solved();
    const wrong = { work: { ...answer.work, nonces: answer.work.nonces.map((n) => n + 1) } };
    expect((await send(edge.current, wrong)).problem.detail).toContain('do not solve');
    expect((await send(edge.current, answer)).status).toBe(201);
  });

  test('214: takes no puzzle of another project, nor one that it did not sign', async () => {
    const answer = await solved();
    expect((await send(edge.current, answer, 'atoll')).problem.code).toBe(214);
    const own = { ...answer.work, puzzle: `${answer.work.puzzle}x` };
    expect((await send(edge.current, { work: own })).problem.code).toBe(214);
  });

  test('214: takes no puzzle that is older than two minutes, and no ticket for one', async () => {
    const sign = (age: number, issuer: string) =>
      new SignJWT()
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(issuer)
        .setAudience(project)
        .setJti(crypto.randomUUID())
        .setExpirationTime(Math.floor(Date.now() / 1000) + 120 - age)
        .sign(new TextEncoder().encode(edge.current.ticketSecret));
    const answerTo = async (puzzle: string) => ({
      work: { puzzle, nonces: await solve(puzzle, DEMAND, signal) },
    });
    const old = await answerTo(await sign(121, 'shoal-challenge'));
    expect((await send(edge.current, old)).problem.detail).toContain('expired');
    const ticket = await answerTo(await sign(0, 'shoal'));
    expect((await send(edge.current, ticket)).problem.code).toBe(214);
  });

  test('202: takes no puzzle for a ticket', async () => {
    const { puzzle } = await challenge();
    const { problem } = await ask(edge.current.origin, 'sendDelta', { params, token: puzzle });
    expect(problem.code).toBe(202);
  });
});

describe('an edge that asks Turnstile', () => {
  /** What it is asked, and what it says. */
  let siteverify: Awaited<ReturnType<typeof startSiteverify>>;
  let asked: FormData[] = [];
  let verdict: unknown;
  let edge: TestEdge;
  const good = () => ({ success: true, hostname: '127.0.0.1', action: 'join', cdata: project });

  beforeAll(async () => {
    siteverify = await startSiteverify((form) => {
      asked.push(form);
      return verdict;
    });
    edge = await startTestEdge(undefined, {
      vars: {
        ...{ CHALLENGE: 'turnstile', TURNSTILE_SITE_KEY: 'site', TURNSTILE_SECRET: 'the secret' },
        ...{ TURNSTILE_VERIFY_URL: siteverify.url, ADDRESS_HEADER: 'x-real-ip' },
      },
    });
    await edge.admin.call('createProject', { json: newToyProject(project) });
  }, START_MS);
  afterAll(async () => {
    await edge?.stop();
    siteverify?.stop();
  });
  beforeEach(() => {
    asked = [];
    verdict = good();
  });

  test('names the widget that a page has to show', async () => {
    expect(await edge.anyone.call('getChallenge', { params })).toEqual({
      ...{ kind: 'turnstile', siteKey: 'site', action: 'join', cData: project },
    });
  });

  test('gives a ticket for a token that Turnstile knows, and has asked it once', async () => {
    const headers = { 'x-real-ip': '192.0.2.1' };
    const json = { turnstile: 'a token' };
    const { status } = await ask(edge.origin, 'join', { params, json, headers });
    expect(status).toBe(201);
    expect(asked.map((form) => Object.fromEntries(form))).toEqual([
      { secret: 'the secret', response: 'a token', remoteip: '192.0.2.1' },
    ]);
  });

  test('213: asks nobody when there is no token', async () => {
    expect((await send(edge, {})).problem.code).toBe(213);
    expect(asked).toEqual([]);
  });

  test.each<[string, unknown, RegExp]>([
    ['is refused', { success: false, 'error-codes': ['timeout-or-duplicate'] }, /duplicate/],
    ['was given on another page', { ...good(), hostname: 'evil.example' }, /evil\.example/],
    ['was given for another form', { ...good(), action: 'login' }, /login/],
    ['was given for another project', { ...good(), cdata: 'atoll' }, /atoll/],
    ['is of a widget that said nothing of it', { success: true, hostname: '127.0.0.1' }, /action/],
  ])('214: gives none when the token %s', async (_, said, detail) => {
    verdict = said;
    const { problem } = await send(edge, { turnstile: 'x' });
    expect(problem).toMatchObject({ code: 214, detail: expect.stringMatching(detail) });
  });

  test.each<[string, unknown]>([
    ['hangs up', SILENCE],
    ['says what nobody understands', 'sure'],
    ['is in trouble itself', { success: false, 'error-codes': ['internal-error'] }],
    ['does not know the edge', { success: false, 'error-codes': ['invalid-input-secret'] }],
  ])('215: lets nobody in on trust when Turnstile %s', async (_, said) => {
    verdict = said;
    const { problem, headers } = await send(edge, { turnstile: 'x' });
    expect([problem.code, headers.get('retry-after')]).toEqual([215, '5']);
  });

  test('a client with somebody before it shows the widget and goes in', async () => {
    const widget = async ({ siteKey, action, cData }: { [key: string]: string }) =>
      `${siteKey} ${action} ${cData}`;
    const ticket = await join({ origin: edge.origin, project, signal, widget: widget as never });
    expect(ticket.volunteer).toMatch(/^[0-9a-f-]{36}$/);
    expect(asked[0]!.get('response')).toBe('site join reef');
    await expect(join({ origin: edge.origin, project, signal })).rejects.toMatchObject({
      code: 213,
    });
  });
});
