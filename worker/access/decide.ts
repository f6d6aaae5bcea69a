import type { ProblemCode } from '../../shared/api/problem.ts';
import type { Access, Verb } from '../../shared/api/route.ts';
import type { KeyInfo } from '../../shared/api/schemas/keys.ts';
import type { Settings } from '../../shared/api/schemas/settings.ts';
import { refuseTicket, type TicketClaims } from '../rounds/tickets.ts';

/** Who calls, by the token that was shown. A stranger shows one that the edge does not know. */
export type Caller =
  | { kind: 'nobody' }
  | { kind: 'stranger' }
  | { kind: 'volunteer'; ticket: TicketClaims }
  | { kind: 'key'; key: KeyInfo }
  | { kind: 'root' };

/** What is called for: the project and the round in the path, whom the project answers, and when. */
export type Occasion = {
  project: string | null;
  /** Null where there is none, or what is there is no number: that is the handler's to say. */
  round: number | null;
  answers: Settings['answers'];
  now: number;
};

export type Refusal = { code: ProblemCode; detail: string };

/**
 * May this caller use this route here and now? The whole of who may do what: everything else only
 * finds out who calls. @returns null for yes, or what to refuse with.
 */
export function decide(route: Access, caller: Caller, occasion: Occasion): Refusal | null {
  if (route.access === 'public') return null;
  if (caller.kind === 'nobody') {
    if (route.access === 'app' && occasion.answers === 'open') return null;
    return refusal(201, 'the request has no `Authorization: Bearer` header');
  }
  if (route.access === 'volunteer') {
    if (caller.kind !== 'volunteer') return refusal(202, 'the token is not a ticket of this edge');
    return refuseVolunteer(caller.ticket, occasion);
  }
  if (caller.kind === 'root') return null;
  if (caller.kind !== 'key') return refusal(202, 'the token is not a key of this edge');
  return refuseKey(route, caller.key, occasion);
}

function refuseVolunteer(ticket: TicketClaims, { project, round, now }: Occasion): Refusal | null {
  const refused = refuseTicket(ticket, project, now);
  if (refused || round === null || ticket.round === round) return refused;
  if (ticket.round !== null)
    return refusal(408, `the ticket is for round ${ticket.round}, the delta of round ${round}`);
  return refusal(408, 'the ticket opens the line; each assignment brings one for its delta');
}

/** Whoever shows a key is judged by it, also where nobody needs one: it hears early what is wrong. */
function refuseKey(
  route: Extract<Access, { verb: Verb }>,
  key: KeyInfo,
  { project, now }: Occasion,
): Refusal | null {
  const { prefix, role, expiresAt } = key;
  if (key.revokedAt !== null) return refusal(206, `the key ${prefix} was revoked`);
  if (expiresAt !== null && expiresAt <= now)
    return refusal(205, `the key ${prefix} expired at ${new Date(expiresAt).toISOString()}`);
  if (route.access === 'admin' && role !== 'admin')
    return refusal(208, `the key ${prefix} has the role app, this needs admin`);
  if (key.project !== null && key.project !== project && !isWithin(route, project))
    return refusal(207, `the key ${prefix} is for "${key.project}"`);
  if (key.verbs !== null && !key.verbs.includes(route.verb))
    return refusal(208, `the key ${prefix} lacks the verb ${route.verb}`);
  return null;
}

function isWithin(route: Access, project: string | null): boolean {
  return project === null && 'within' in route && route.within === true;
}

function refusal(code: ProblemCode, detail: string): Refusal {
  return { code, detail };
}
