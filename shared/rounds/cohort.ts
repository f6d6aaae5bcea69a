import type { Base, Counts, Order, Report } from './orders.ts';
import { NOTHING } from './orders.ts';

/**
 * A shard's part of the rounds as a pure state machine: (state, event) -> state + effects. It knows
 * its volunteers by name and asks as many as the coordinator's last order allows; the coordinator
 * knows counts only. Like `round.ts` it touches nothing, and every effect is safe to repeat.
 */
export type Mode = 'sync' | 'async';

/** One volunteer's part in the open round. */
export type Member = {
  as: 'asked' | 'accepted' | 'declined' | 'left';
  /** The round, version and place of its last assignment. */
  round: number;
  version: number;
  place: number;
};

export type Cohort = {
  mode: Mode;
  /** Of the last order that changed something. */
  stamp: number;
  round: number;
  open: boolean;
  bases: readonly Base[];
  deadline: number | null;
  quota: number;
  settled: number;
  /** Volunteers connected now, who waits longest first. */
  present: readonly string[];
  members: Readonly<Record<string, Member>>;
  /** Assignments given in the round so far. */
  places: number;
  counts: Pick<Counts, 'asked' | 'accepted' | 'declined' | 'bytes'>;
  sealed: Report['sealed'];
};

export type CohortEvent =
  | { kind: 'arrived'; volunteer: string }
  | { kind: 'left'; volunteer: string }
  | { kind: 'declined'; volunteer: string; round: number }
  | { kind: 'accepted'; volunteer: string; bytes: number }
  | { kind: 'ordered'; order: Order };

export type CohortEffect =
  | { kind: 'assign'; volunteer: string; member: Member; base: Base; deadline: number }
  | { kind: 'dismiss'; volunteers: string[]; round: number; reason: string }
  | { kind: 'wait'; volunteers: string[]; retryAfterMs: number }
  /** Deltas of rounds up to this one may go. */
  | { kind: 'settle'; round: number };

export type CohortStep = { cohort: Cohort; effects: CohortEffect[] };

export function beginCohort(mode: Mode): Cohort {
  return {
    ...{ mode, stamp: 0, round: 0, open: false, bases: [], deadline: null, quota: 0, settled: 0 },
    ...{ present: [], members: {}, places: 0 },
    ...{ counts: NOTHING, sealed: { round: 0, counts: NOTHING } },
  };
}

/** @returns the next state and what to do; the same object and nothing where the event changes nothing. */
export function reduceCohort(cohort: Cohort, event: CohortEvent): CohortStep {
  switch (event.kind) {
    case 'arrived':
      return arrived(cohort, event.volunteer);
    case 'left':
      return left(cohort, event.volunteer);
    case 'declined':
      return declined(cohort, event.volunteer, event.round);
    case 'accepted':
      return accepted(cohort, event.volunteer, event.bytes);
    case 'ordered':
      return ordered(cohort, event.order);
  }
}

/** What the coordinator is told of the volunteers; the rest of a report is the caller's. */
export function reportOf(cohort: Cohort): Omit<Report, 'stamp' | 'listening'> {
  const { stamp, round, open, present, sealed } = cohort;
  const counts = { ...cohort.counts, left: standing(cohort, 'left') };
  return {
    ...{ ordered: stamp, round, open, counts, sealed, present: present.length },
    spare: spares(cohort).length,
    working: standing(cohort, 'asked'),
  };
}

function only(cohort: Cohort, ...effects: CohortEffect[]): CohortStep {
  return { cohort, effects };
}

function arrived(cohort: Cohort, volunteer: string): CohortStep {
  const known = cohort.present.includes(volunteer);
  const next = known ? cohort : { ...cohort, present: [...cohort.present, volunteer] };
  const member = cohort.members[volunteer];
  const back = cohort.open && (member?.as === 'asked' || member?.as === 'left');
  if (!back) return ask(next);
  // Not in competition with who took its place: what it has learnt so far would be lost.
  const again: Member = { ...member, as: 'asked' };
  return only(withMember(next, volunteer, again), ...assignment(next, volunteer, again));
}

function left(cohort: Cohort, volunteer: string): CohortStep {
  const present = cohort.present.filter((id) => id !== volunteer);
  const next = present.length === cohort.present.length ? cohort : { ...cohort, present };
  const member = cohort.members[volunteer];
  if (!cohort.open || member?.as !== 'asked') return only(next);
  return ask(withMember(next, volunteer, { ...member, as: 'left' }));
}

function declined(cohort: Cohort, volunteer: string, round: number): CohortStep {
  const member = cohort.members[volunteer];
  const pending = member?.as === 'asked' || member?.as === 'left';
  if (!cohort.open || !pending || member.round !== round) return only(cohort);
  const counts = { ...cohort.counts, declined: cohort.counts.declined + 1 };
  const next = withMember({ ...cohort, counts }, volunteer, { ...member, as: 'declined' });
  return ask(next);
}

/** The caller has made sure, by `admit`, that it can be counted. */
function accepted(cohort: Cohort, volunteer: string, bytes: number): CohortStep {
  const member = cohort.members[volunteer]!;
  const { accepted: before, declined: withdrawn } = cohort.counts;
  const counts = {
    ...cohort.counts,
    accepted: before + 1,
    // It found something after all.
    declined: member.as === 'declined' ? withdrawn - 1 : withdrawn,
    bytes: cohort.counts.bytes + bytes,
  };
  const next = withMember({ ...cohort, counts }, volunteer, { ...member, as: 'accepted' });
  return ask({ ...next, present: toTheEnd(next.present, volunteer) });
}

function ordered(cohort: Cohort, order: Order): CohortStep {
  if (order.stamp <= cohort.stamp) return only(cohort);
  // Only a coordinator that lost its memory could say so; what was acknowledged stays.
  if (order.round < cohort.round) return only({ ...cohort, stamp: order.stamp });
  const { stamp, bases, deadline, quota, settled } = order;
  const moved = order.round > cohort.round ? advance(cohort, order) : only(cohort);
  const closed = order.open ? moved : close(moved.cohort, order.reason);
  const effects = [...moved.effects, ...(closed === moved ? [] : closed.effects)];
  if (settled > cohort.settled) effects.push({ kind: 'settle', round: settled });
  const current = release({ ...closed.cohort, stamp, bases, deadline, quota, settled });
  const asked = ask(current.cohort);
  effects.push(...current.effects, ...asked.effects, ...surplus(asked.cohort, order));
  return only(asked.cohort, ...effects);
}

/** To a newer round. Whoever is at work stays so where rounds overlap, and is dismissed where not. */
function advance(cohort: Cohort, { round, open, reason }: Order): CohortStep {
  const overlap = cohort.mode === 'async' && cohort.open && open;
  const before = overlap ? only(seal(cohort)) : close(cohort, reason);
  // A round that this shard heard nothing of has counts too: none.
  const known = before.cohort.sealed.round === round - 1;
  const sealed = known ? before.cohort.sealed : { round: round - 1, counts: NOTHING };
  const members = overlap ? atWork(before.cohort.members) : {};
  const counts = { ...NOTHING, asked: Object.keys(members).length };
  const next: Cohort = {
    ...{ ...before.cohort, round, open: true, members, counts, sealed },
    ...{ bases: [], places: 0, deadline: null, quota: 0 },
  };
  return only(next, ...before.effects);
}

function close(cohort: Cohort, reason: string): CohortStep {
  if (!cohort.open) return only(cohort);
  const volunteers = Object.keys(cohort.members).filter((id) => cohort.members[id]!.as === 'asked');
  const dismiss: CohortEffect[] =
    volunteers.length === 0 ? [] : [{ kind: 'dismiss', volunteers, round: cohort.round, reason }];
  return only({ ...seal(cohort), open: false, deadline: null }, ...dismiss);
}

/** Lets go of those whose version has become too old to count: they may be asked anew. */
function release(cohort: Cohort): CohortStep {
  const { open, bases, members, round } = cohort;
  if (!open || bases.length === 0) return only(cohort);
  const stale = Object.keys(members).filter((id) => {
    const { as, version } = members[id]!;
    return (as === 'asked' || as === 'left') && bases.every((base) => base.version !== version);
  });
  if (stale.length === 0) return only(cohort);
  const kept = Object.entries(members).filter(([id]) => !stale.includes(id));
  const volunteers = stale.filter((id) => members[id]!.as === 'asked');
  const next = { ...cohort, members: Object.fromEntries(kept) };
  const reason = 'the version it starts from is too old';
  return volunteers.length === 0
    ? only(next)
    : only(next, { kind: 'dismiss', volunteers, round, reason });
}

function seal(cohort: Cohort): Cohort {
  const counts = { ...cohort.counts, left: standing(cohort, 'left') };
  return { ...cohort, sealed: { round: cohort.round, counts } };
}

/** Asks who waits longest, until the quota is reached. */
function ask(cohort: Cohort): CohortStep {
  const base = cohort.bases[0];
  const room = cohort.quota - expected(cohort);
  if (!cohort.open || cohort.deadline === null || !base || room <= 0) return only(cohort);
  const volunteers = spares(cohort).slice(0, room);
  if (volunteers.length === 0) return only(cohort);
  const { round, version } = { round: cohort.round, version: base.version };
  let { places } = cohort;
  const asked = volunteers.map((id): [string, Member] => [
    id,
    { as: 'asked', round, version, place: places++ },
  ]);
  const members = { ...cohort.members, ...Object.fromEntries(asked) };
  const counts = { ...cohort.counts, asked: cohort.counts.asked + asked.length };
  const next = { ...cohort, members, counts, places };
  return only(next, ...asked.flatMap(([id, member]) => assignment(next, id, member)));
}

/** Who is here and may be asked in this round. */
function spares({ open, mode, present, members }: Cohort): string[] {
  if (!open) return [];
  return present.filter((id) => {
    const member = members[id];
    if (member === undefined) return true;
    // An asynchronous volunteer goes on as soon as its delta is in; what it declined it would again.
    return mode === 'async' && member.as === 'accepted';
  });
}

/** In a synchronous round who delivered keeps its place; in an asynchronous one it is free again. */
function expected(cohort: Cohort): number {
  const working = standing(cohort, 'asked');
  return cohort.mode === 'async' ? working : working + cohort.counts.accepted;
}

function assignment(cohort: Cohort, volunteer: string, member: Member): CohortEffect[] {
  const { deadline } = cohort;
  const base = cohort.bases.find(({ version }) => version === member.version);
  // Too stale to be of use, or the order is not here yet: it is asked again when there is something.
  if (!base || deadline === null) return [];
  return [{ kind: 'assign', volunteer, member, base, deadline }];
}

/** The last to come are the first to be sent away. */
function surplus(cohort: Cohort, order: Order): CohortEffect[] {
  if (!order.surplus || order.surplus.count === 0) return [];
  const idle = cohort.present.filter((id) => cohort.members[id]?.as !== 'asked');
  const volunteers = idle.slice(-order.surplus.count);
  if (volunteers.length === 0) return [];
  return [{ kind: 'wait', volunteers, retryAfterMs: order.surplus.retryAfterMs }];
}

function standing({ members }: Cohort, as: Member['as']): number {
  return Object.values(members).filter((member) => member.as === as).length;
}

function atWork(members: Cohort['members']): Cohort['members'] {
  return Object.fromEntries(
    Object.entries(members).filter(([, { as }]) => as === 'asked' || as === 'left'),
  );
}

function withMember(cohort: Cohort, volunteer: string, member: Member): Cohort {
  return { ...cohort, members: { ...cohort.members, [volunteer]: member } };
}

function toTheEnd(present: readonly string[], volunteer: string): readonly string[] {
  if (!present.includes(volunteer)) return present;
  return [...present.filter((id) => id !== volunteer), volunteer];
}
