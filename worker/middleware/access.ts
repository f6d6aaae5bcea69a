import type { Context, MiddlewareHandler } from 'hono';
import { Problem } from '../../shared/api/problem.ts';
import type { Route } from '../../shared/api/route.ts';
import { addressOf, networkOf } from '../access/address.ts';
import { decide, type Caller } from '../access/decide.ts';
import { bearer, identify } from '../access/identify.ts';
import { limit, type Limited } from '../access/limits.ts';
import type { App } from '../handler.ts';
import { openDb } from '../registry/projects.ts';
import { recentSettings } from '../registry/settings.ts';

/**
 * Lets through whoever may call, at a pace that the edge can bear. Who calls ends up in the context:
 * the caller, a volunteer's id and shard, the actor of an admin's act.
 */
export function access(route: Route): MiddlewareHandler<App> {
  return async function checkAccess(c, next) {
    const project = c.req.param('project') ?? null;
    if (route.access === 'public') {
      await limitAddress(c, 'address');
      return next();
    }
    const token = bearer(c.req.header('authorization'));
    const caller = await identify(c.env, token, () => limitAddress(c, 'address'));
    c.set('caller', caller);
    if (route.access === 'admin') c.set('actor', actorOf(caller));
    const round = roundIn(c.req.param('round'));
    const answers = await answersOf(c, route, caller, project);
    const refused = decide(route, caller, { project, round, answers, now: Date.now() });
    if (refused) throw new Problem(refused.code, refused.detail);
    if (caller.kind === 'volunteer') c.set('holder', caller.ticket);
    if (caller.kind === 'key') await spend(c, caller.key);
    await next();
  };
}

function roundIn(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** Counts a request of an address that is known. @throws Problem 212 */
export async function limitAddress(
  c: Context<App>,
  limited: Exclude<Limited, 'key'>,
): Promise<void> {
  const address = addressOf(c.env, c.req.raw.headers);
  if (address !== null) await limit(c.env, limited, networkOf(address));
}

/** Asked for only where it matters: the settings cost a reading. */
async function answersOf(c: Context<App>, route: Route, caller: Caller, project: string | null) {
  if (route.access !== 'app' || caller.kind !== 'nobody' || project === null) return 'open';
  return (await recentSettings(openDb(c.env.DB), project)).answers;
}

type Key = Extract<Caller, { kind: 'key' }>['key'];

/** @throws Problem 209 when the key's day is used up, 212 when it is too fast. */
async function spend(c: Context<App>, { prefix, dailyQuota }: Key): Promise<void> {
  await limit(c.env, 'key', prefix);
  if (dailyQuota === null) return;
  const { granted, resetsInMs } = await c.env.METER.getByName(`key/${prefix}`).take(dailyQuota);
  if (granted) return;
  const retryAfter = Math.ceil(resetsInMs / 1000);
  throw new Problem(209, `the key ${prefix} may make ${dailyQuota} requests a day`, { retryAfter });
}

function actorOf(caller: Caller): string | undefined {
  if (caller.kind === 'key') return caller.key.prefix;
  return caller.kind === 'root' ? 'root' : undefined;
}
