import { timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { Problem } from '../../shared/api/problem.ts';
import type { Access } from '../../shared/api/routes.ts';
import type { App } from '../handler.ts';
import { readTicket } from '../rounds/tickets.ts';

/** Lets through whoever the route table says may call; a volunteer's id and shard end up in the context. */
export function access(who: Access): MiddlewareHandler<App> {
  return async function checkAccess(c, next) {
    if (who === 'admin') {
      if (!(await sameSecret(bearer(c.req.header('authorization')), c.env.ADMIN_TOKEN)))
        throw new Problem(202, 'the token is not an admin token of this edge');
    }
    if (who === 'volunteer') {
      const ticket = bearer(c.req.header('authorization'));
      const project = c.req.param('project') as string;
      c.set('holder', await readTicket(c.env.TICKET_SECRET, project, ticket));
    }
    await next();
  };
}

/** @throws Problem 201 when there is no bearer token. */
function bearer(header: string | undefined): string {
  const token = header?.match(/^Bearer +(\S+)$/i)?.[1];
  if (!token) throw new Problem(201, 'the request has no `Authorization: Bearer` header');
  return token;
}

/** Compares digests, so that the time taken says nothing of where two secrets first differ. */
async function sameSecret(given: string, wanted: string): Promise<boolean> {
  const digest = (text: string) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  const [a, b] = await Promise.all([digest(given), digest(wanted)]);
  return timingSafeEqual(new Uint8Array(a), new Uint8Array(b));
}
