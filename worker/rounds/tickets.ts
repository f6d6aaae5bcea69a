import { errors, jwtVerify, SignJWT } from 'jose';
import { Problem } from '../../shared/api/problem.ts';
import type { Ticket } from '../../shared/api/schemas.ts';
import { shardOf } from '../../shared/rounds/shards.ts';

const LIFETIME_SECONDS = 12 * 3600;
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
  const ticket = await new SignJWT({ shard })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setAudience(project)
    .setSubject(volunteer)
    .setExpirationTime(expires)
    .sign(keyOf(secret));
  return { volunteer, ticket, expiresAt: expires * 1000, shard };
}

/** Whose ticket it is. The shard is in it, so that an upload finds its way without a question to D1. */
export type Holder = { volunteer: string; shard: number };

/** @throws Problem 202-204: not ours, expired, of another project. */
export async function readTicket(secret: string, project: string, ticket: string): Promise<Holder> {
  try {
    const { payload } = await jwtVerify(ticket, keyOf(secret), {
      issuer: ISSUER,
      audience: project,
    });
    const { sub, shard } = payload;
    if (sub && typeof shard === 'number') return { volunteer: sub, shard };
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new Problem(203, 'the ticket has expired');
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud')
      throw new Problem(204, `the ticket is not for "${project}"`);
    if (!(error instanceof errors.JOSEError)) throw error;
  }
  throw new Problem(202, 'the ticket is not one of ours');
}

function keyOf(secret: string): Uint8Array {
  return new TextEncoder().encode(secret);
}
