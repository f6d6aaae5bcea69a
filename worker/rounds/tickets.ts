import { errors, jwtVerify, SignJWT } from 'jose';
import { Problem, type ProblemCode } from '../../shared/api/problem.ts';
import type { Ticket } from '../../shared/api/schemas/training.ts';
import { shardOf } from '../../shared/rounds/shards.ts';

/** A tab that is reloaded, and one that comes back after a night, is still the same volunteer. */
const LIFETIME_SECONDS = 12 * 3600;

/** After a round's deadline: who missed the answer to its delta asks again, and is told. */
const GRACE_SECONDS = 3600;

const ISSUER = 'shoal';

/** A signed ticket for a new volunteer of this project. */
export async function issueTicket(
  secret: string,
  project: string,
  shards: number,
): Promise<Ticket> {
  const volunteer = crypto.randomUUID();
  const shard = shardOf(volunteer, shards);
  const expires = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS;
  const ticket = await sign(secret, { volunteer, shard, project, expires });
  return { volunteer, ticket, expiresAt: expires * 1000, shard };
}

/** What an assignment is for, and until when, in milliseconds since 1970. */
export type Asked = Holder & { project: string; round: number; deadline: number };

/**
 * A ticket for one delta of one round. The volunteer's own opens its line only: so a delta that was
 * not asked for is refused before it reaches the shard, by every worker, without a question.
 */
export function issueRoundTicket(secret: string, asked: Asked): Promise<string> {
  const expires = Math.ceil(asked.deadline / 1000) + GRACE_SECONDS;
  return sign(secret, { ...asked, expires });
}

type Signed = Holder & { project: string; expires: number; round?: number };

function sign(secret: string, { volunteer, shard, project, expires, round }: Signed) {
  return new SignJWT(round === undefined ? { shard } : { shard, round })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setAudience(project)
    .setSubject(volunteer)
    .setExpirationTime(expires)
    .sign(keyOf(secret));
}

/** Whose ticket it is. The shard is in it, so that an upload finds its way without a question to D1. */
export type Holder = { volunteer: string; shard: number };

/** What a ticket says that the edge did sign. */
export type TicketClaims = Holder & {
  project: string;
  expiresAt: number;
  /** The round that it opens; null for a volunteer's own, which opens its line. */
  round: number | null;
};

/** Of who opens a line. @throws Problem 202-204: not ours, expired, of another project. */
export async function readTicket(secret: string, project: string, ticket: string): Promise<Holder> {
  const claims = await openTicket(secret, ticket);
  if (!claims) throw new Problem(202, 'the ticket is not one of ours');
  if (claims.round !== null) throw new Problem(202, 'the ticket is for a delta, not for a line');
  const refused = refuseTicket(claims, project, Date.now());
  if (refused) throw new Problem(refused.code, refused.detail);
  return claims;
}

/** @returns undefined when the edge did not sign it; whether it is still good is `refuseTicket`'s to say. */
export async function openTicket(
  secret: string,
  ticket: string,
): Promise<TicketClaims | undefined> {
  try {
    const { payload } = await jwtVerify(ticket, keyOf(secret), {
      ...{ issuer: ISSUER, algorithms: ['HS256'] },
      // At a time when none has expired.
      currentDate: new Date(0),
    });
    const { sub, aud, exp, shard, round = null } = payload;
    const isNumbered = typeof round === 'number' || round === null;
    if (sub && typeof aud === 'string' && exp && typeof shard === 'number' && isNumbered)
      return { volunteer: sub, shard, project: aud, expiresAt: exp * 1000, round };
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
  }
  return undefined;
}

/** @returns null when the ticket is good for this project at this time. */
export function refuseTicket(
  { project, expiresAt }: TicketClaims,
  wanted: string | null,
  now: number,
): { code: ProblemCode; detail: string } | null {
  if (project !== wanted) return { code: 204, detail: `the ticket is not for "${wanted}"` };
  if (expiresAt <= now) return { code: 203, detail: 'the ticket has expired' };
  return null;
}

function keyOf(secret: string): Uint8Array {
  return new TextEncoder().encode(secret);
}
