/** The same as decide.test.ts, but asked of the edge itself: every route, by every role, over HTTP. */
import { beforeAll, describe, expect, test } from 'vitest';
import { VERBS, type Verb } from '../../shared/api/route.ts';
import type { RouteName } from '../../shared/api/routes.ts';
import type { NewKey } from '../../shared/api/schemas/keys.ts';
import { useEdge } from '../kit/edge.ts';
import { createKey, timeIs } from '../kit/keys.ts';
import { newToyProject } from '../kit/project.ts';
import { ask } from '../kit/request.ts';
import { mintTicket } from '../kit/tickets.ts';
import { DECISIONS, OUTCOMES, ROLES, type Role } from './fixtures/access-table.ts';

const edge = useEdge();
const NAMES = Object.keys(DECISIONS) as RouteName[];
const AS_VERB: Partial<Record<Verb, Partial<Record<Role, string>>>> = {};
const AS: Partial<Record<Role, string>> = {};

/** What may be wrong with who calls; everything else comes behind the door. */
const isOfAccess = (code: number | undefined) =>
  code !== undefined && ((code > 200 && code < 210) || code === 408);

const keyOf = async (change: Partial<NewKey>) => (await createKey(edge.current, change)).key;

beforeAll(async () => {
  const { admin, adminToken, ticketSecret } = edge.current;
  for (const id of ['reef', 'atoll', 'lagoon'])
    await admin.call('createProject', { json: newToyProject(id, { server: { warmupSteps: 1 } }) });
  const shut = { answers: 'keys' } as const;
  await admin.call('changeSettings', { params: { project: 'lagoon' }, json: shut });
  AS.stranger = `shoal_0123456789ab_${'x'.repeat(43)}`;
  AS.ticket = await mintTicket(ticketSecret, 'reef', { round: 3 });
  AS.ticketOfLine = await mintTicket(ticketSecret, 'reef');
  AS.ticketOtherRound = await mintTicket(ticketSecret, 'reef', { round: 4 });
  AS.ticketElsewhere = await mintTicket(ticketSecret, 'atoll', { round: 3 });
  AS.ticketExpired = await mintTicket(ticketSecret, 'reef', { round: 3, age: 2 * 3600 });
  AS.root = adminToken;
  let soon = 0;
  for (const role of ['app', 'admin'] as const) {
    AS[role] = await keyOf({ role, project: 'reef' });
    AS[`${role}Elsewhere`] = await keyOf({ role, project: 'atoll' });
    AS[`${role}Everywhere`] = await keyOf({ role });
    soon = Date.now() + 1000;
    AS[`${role}Expired`] = await keyOf({ role, project: 'reef', expiresAt: soon });
    const { key, prefix } = await createKey(edge.current, { role, project: 'reef' });
    await admin.call('revokeKey', { params: { key: prefix } });
    AS[`${role}Revoked`] = key;
  }
  for (const verb of VERBS) AS_VERB[verb] = await keysWith(verb);
  await timeIs(soon);
});

async function keysWith(verb: Verb): Promise<Partial<Record<Role, string>>> {
  const others = VERBS.filter((one) => one !== verb);
  const project = 'reef';
  const admin = { role: 'admin', project } as const;
  const app = { role: 'app', project } as const;
  const isApps = verb === 'classify' || verb === 'embed';
  return {
    adminOnlyThis: await keyOf({ ...admin, verbs: [verb] }),
    adminOtherVerbs: await keyOf({ ...admin, verbs: others }),
    // No app has the verb of an admin's route: there the two are the same.
    appOnlyThis: await keyOf({ ...app, verbs: isApps ? [verb] : null }),
    appOtherVerbs: await keyOf({ ...app, verbs: [verb === 'embed' ? 'classify' : 'embed'] }),
  };
}

/** 0 when the route lets the caller in, whatever it then says; else the number of the refusal. */
async function outcome(name: RouteName, role: Role, project = 'reef'): Promise<number> {
  const [, verb = 'classify'] = DECISIONS[name];
  const token = { ...AS, ...AS_VERB[verb] }[role];
  if (role !== 'nobody') expect(token).toBeDefined();
  const { problem } = await ask(edge.current.origin, name, {
    ...{ params: { project, round: '3' }, token },
  });
  return isOfAccess(problem.code) ? problem.code : 0;
}

describe('every route lets in whom the table lets in, and nobody else', () => {
  test.each(NAMES)('%s', async (name) => {
    const outcomes: Record<string, number> = {};
    for (const role of ROLES) outcomes[role] = await outcome(name, role);
    expect(outcomes).toEqual(OUTCOMES[DECISIONS[name][0]]);
  });

  const ofApps = NAMES.filter((name) => DECISIONS[name][0] === 'app');
  test.each(ofApps)('%s, where the project answers keys only: 201 without one', async (name) => {
    expect(await outcome(name, 'nobody', 'lagoon')).toBe(201);
    expect(await outcome(name, 'appEverywhere', 'lagoon')).toBe(0);
    expect(await outcome(name, 'app', 'lagoon')).toBe(207);
  });
});

test('who is told what is wrong with a key has shown the whole of it', async () => {
  const wrong = AS.appRevoked!.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
  const { problem } = await ask(edge.current.origin, 'listKeys', { token: wrong });
  expect(problem.code).toBe(202);
});
