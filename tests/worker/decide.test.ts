/** Who may do what, as the one function decides it: every route, every role. */
import { describe, expect, test } from 'vitest';
import { VERBS, type Route, type Verb } from '../../shared/api/route.ts';
import { ROUTES, type RouteName } from '../../shared/api/routes.ts';
import type { KeyInfo } from '../../shared/api/schemas/keys.ts';
import { decide, type Caller } from '../../worker/access/decide.ts';
import { DECISIONS, OUTCOMES, ROLES, type Role } from './fixtures/access-table.ts';

const NOW = 1_700_000_000_000;
const NAMES = Object.keys(DECISIONS) as RouteName[];

const key = (change: Partial<KeyInfo>): Caller => ({
  kind: 'key',
  key: {
    ...{ prefix: '0123456789ab', name: 'a key', role: 'app', project: 'reef', verbs: null },
    ...{ dailyQuota: null, createdAt: 0, expiresAt: NOW + 1, revokedAt: null, ...change },
  },
});
const ticket = (project: string, round: number | null = 3, expiresAt = NOW + 1): Caller => ({
  kind: 'volunteer',
  ticket: { volunteer: 'v', shard: 0, project, round, expiresAt },
});

/** Callers by role, at a route with this verb. */
function callers(verb: Verb): Record<Role, Caller> {
  const others = VERBS.filter((one) => one !== verb);
  const admin = (change: Partial<KeyInfo>) => key({ role: 'admin', ...change });
  return {
    nobody: { kind: 'nobody' },
    stranger: { kind: 'stranger' },
    ticket: ticket('reef'),
    ticketOfLine: ticket('reef', null),
    ticketOtherRound: ticket('reef', 4),
    ticketElsewhere: ticket('atoll'),
    ticketExpired: ticket('reef', 3, NOW),
    app: key({}),
    appElsewhere: key({ project: 'atoll' }),
    appEverywhere: key({ project: null }),
    appOnlyThis: key({ verbs: [verb] }),
    appOtherVerbs: key({ verbs: others }),
    appExpired: key({ expiresAt: NOW }),
    appRevoked: key({ revokedAt: 1 }),
    admin: admin({}),
    adminElsewhere: admin({ project: 'atoll' }),
    adminEverywhere: admin({ project: null }),
    adminOnlyThis: admin({ verbs: [verb] }),
    adminOtherVerbs: admin({ verbs: others }),
    adminExpired: admin({ expiresAt: NOW }),
    adminRevoked: admin({ revokedAt: 1 }),
    root: { kind: 'root' },
  };
}

/** 0, or the number of the refusal, of every role. */
function decided(name: RouteName, answers: 'open' | 'keys'): Record<string, number> {
  const route: Route = ROUTES[name];
  const project = route.path.includes(':project') ? 'reef' : null;
  const round = route.path.includes(':round') ? 3 : null;
  const [, verb = 'classify'] = DECISIONS[name];
  const by = callers(verb);
  return Object.fromEntries(
    ROLES.map((role) => [
      role,
      decide(route, by[role], { project, round, answers, now: NOW })?.code ?? 0,
    ]),
  );
}

test('every route has a decision, and every decision a route', () => {
  expect(Object.keys(ROUTES).sort()).toEqual([...NAMES].sort());
});

describe.each(NAMES)('%s', (name) => {
  const [kind] = DECISIONS[name];

  test('lets in whom the table lets in, and refuses everybody else with the table’s number', () => {
    expect(decided(name, 'open')).toEqual(OUTCOMES[kind]);
  });

  test('answers nobody without a key where the project answers keys only, and is else the same', () => {
    const shut = kind === 'app' ? { nobody: 201 } : {};
    expect(decided(name, 'keys')).toEqual({ ...OUTCOMES[kind], ...shut });
  });
});

test('a refusal says why', () => {
  const at = { project: 'reef', round: null, answers: 'open', now: NOW } as const;
  const why = (name: RouteName, role: Role) =>
    decide(ROUTES[name], callers('classes')[role], at)?.detail;
  expect(why('addClass', 'adminElsewhere')).toBe('the key 0123456789ab is for "atoll"');
  expect(why('addClass', 'adminOtherVerbs')).toBe('the key 0123456789ab lacks the verb classes');
  expect(why('addClass', 'app')).toContain('has the role app');
  expect(why('addClass', 'adminExpired')).toContain('2023-11-14T22:13:20.000Z');
});
