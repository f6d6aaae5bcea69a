/** A shard's events as short as a test wants to say them, and cohorts that tests start from. */
import {
  beginCohort,
  reduceCohort,
  type Cohort,
  type CohortEffect,
  type CohortEvent,
  type Member,
  type Mode,
} from '../../shared/rounds/cohort.ts';
import type { Order } from '../../shared/rounds/orders.ts';
import { baseOf } from './events.ts';

/** The cohort after the events, one after another, and all their effects. */
export function afterwards(
  cohort: Cohort,
  ...events: CohortEvent[]
): { cohort: Cohort; effects: CohortEffect[] } {
  const effects: CohortEffect[] = [];
  for (const event of events) {
    const step = reduceCohort(cohort, event);
    cohort = step.cohort;
    effects.push(...step.effects);
  }
  return { cohort, effects };
}

export const arrived = (...volunteers: string[]): CohortEvent[] =>
  volunteers.map((volunteer) => ({ kind: 'arrived', volunteer }));
export const left = (volunteer: string): CohortEvent => ({ kind: 'left', volunteer });
export const declined = (volunteer: string, round = 1): CohortEvent => ({
  ...{ kind: 'declined', volunteer, round },
});
export const accepted = (volunteer: string, bytes = 100): CohortEvent => ({
  ...{ kind: 'accepted', volunteer, bytes },
});

let stamps = 0;

/** An order; later than any before, unless it is given a stamp. */
export const ordered = (order: Partial<Order>): CohortEvent => ({
  kind: 'ordered',
  order: {
    ...{ stamp: ++stamps, heard: 0, round: 1, open: true, bases: [baseOf(1)], deadline: 60_000 },
    ...{ quota: 3, settled: 0, reason: 'the deadline has passed', surplus: null, ...order },
  },
});

/** The first round has asked a, b and c of the volunteers given. */
export const asking = (
  mode: Mode = 'sync',
  volunteers = ['a', 'b', 'c'],
  order: Partial<Order> = {},
) => afterwards(beginCohort(mode), ...arrived(...volunteers), ordered(order)).cohort;

/** Who was given what, in the order of it. */
export const assignments = (effects: readonly CohortEffect[]) =>
  effects.flatMap((effect) =>
    effect.kind === 'assign' ? [[effect.volunteer, effect.member.round, effect.base.version]] : [],
  );

/** Who stands so. */
export const who = ({ members }: Cohort, as: Member['as']) =>
  Object.keys(members).filter((id) => members[id]!.as === as);
