import type { Context } from 'hono';
import { Problem } from '../../shared/api/problem.ts';
import { APP_VERBS, type Verb } from '../../shared/api/route.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { NewKeySchema, type KeyInfo } from '../../shared/api/schemas/keys.ts';
import { createKey, getKey, isSame, listKeys, prefixFrom, revokeKey } from '../access/keys.ts';
import { beyond, type Scope } from '../access/scope.ts';
import type { App, Handlers } from '../handler.ts';
import { readJson } from '../middleware/body.ts';
import { isTaken } from '../registry/change.ts';
import { getProject, openDb } from '../registry/projects.ts';

const AllSchema = ROUTES.createFirstKey.body.json;

export const keys: Handlers<'listKeys' | 'createKey' | 'revokeKey' | 'createFirstKey'> = {
  listKeys(c) {
    return listKeys(openDb(c.env.DB), callerKey(c)?.project ?? null);
  },

  async createKey(c) {
    const request = await readJson(c, NewKeySchema, ROUTES.createKey.body.limit);
    const { role, verbs, expiresAt, project } = request;
    const foreign = role === 'app' && verbs?.filter((verb) => !isAppVerb(verb));
    if (foreign && foreign.length > 0)
      throw new Problem(
        101,
        `verbs: an app's key has ${APP_VERBS.join(', ')}, not ${foreign.join()}`,
      );
    if (expiresAt !== null && expiresAt <= Date.now())
      throw new Problem(101, `expiresAt: ${expiresAt} has passed`);
    checkReach(c, request);
    const db = openDb(c.env.DB);
    if (project !== null) await getProject(db, project);
    return createKey(db, request);
  },

  async revokeKey(c) {
    const db = openDb(c.env.DB);
    const prefix = c.req.param('key') as string;
    const key = await getKey(db, prefix);
    if (!key) throw new Problem(211, `no key begins with "${prefix}"`);
    checkReach(c, key);
    await revokeKey(db, prefix);
    return (await getKey(db, prefix)) as KeyInfo;
  },

  async createFirstKey(c) {
    const { token } = await readJson(c, AllSchema, ROUTES.createFirstKey.body.limit);
    const { SETUP_TOKEN } = c.env;
    if (!SETUP_TOKEN || !isSame(token, SETUP_TOKEN))
      throw new Problem(216, 'it is not the setup token of this edge');
    c.set('actor', 'setup');
    const all = { project: null, verbs: null, dailyQuota: null, expiresAt: null };
    const first = { name: 'first admin', role: 'admin' as const, ...all };
    try {
      return await createKey(openDb(c.env.DB), first, prefixFrom(token));
    } catch (error) {
      if (!isTaken(error, 'keys.prefix')) throw error;
      throw new Problem(216, 'it was exchanged for a key before', { cause: error });
    }
  },
};

/** @returns undefined for the edge's own secret, which reaches everywhere */
function callerKey(c: Context<App>): KeyInfo | undefined {
  const caller = c.get('caller');
  return caller?.kind === 'key' ? caller.key : undefined;
}

/** @throws Problem 210 */
function checkReach(c: Context<App>, wanted: Scope): void {
  const key = callerKey(c);
  const why = key ? beyond(key, wanted) : null;
  if (why !== null)
    throw new Problem(210, `the key ${key?.prefix} does not reach that far: ${why}`);
}

function isAppVerb(verb: Verb): boolean {
  return (APP_VERBS as readonly Verb[]).includes(verb);
}
