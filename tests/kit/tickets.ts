import { SignJWT } from 'jose';

const HOUR = 3600;

/** What a ticket says otherwise than a new volunteer's own: `round` makes it one for a delta. */
type Mint = { age?: number; issuer?: string; round?: number; volunteer?: string };

/** A ticket like the edge's own, but for what is said otherwise. */
export function mintTicket(
  secret: string,
  project: string,
  { age = 0, issuer = 'shoal', round, volunteer = crypto.randomUUID() }: Mint = {},
): Promise<string> {
  return new SignJWT(round === undefined ? { shard: 0 } : { shard: 0, round })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(issuer)
    .setAudience(project)
    .setSubject(volunteer)
    .setExpirationTime(Math.floor(Date.now() / 1000) + HOUR - age)
    .sign(new TextEncoder().encode(secret));
}

/** One that claims to need no signature. */
export function unsignedTicket(project: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + HOUR;
  return `${part({ alg: 'none' })}.${part({ iss: 'shoal', aud: project, sub: 'me', shard: 0, exp })}.`;
}
