/** Events as short as a test wants to say them, and states that tests start from. */
import {
  begin,
  reduce,
  type Effect,
  type Event,
  type RoundRules,
  type State,
  type Verdict,
} from '../../shared/rounds/round.ts';

export const RULES: RoundRules = { goal: 3, minimum: 2, deadlineMs: 60_000 };
export const FIRST: Verdict = {
  promoted: true,
  reason: null,
  candidateVersion: 1,
  live: 1,
  base: { version: 1, weights: 'w1' },
};

/** The state after the events, one after another, and all their effects. */
export function after(state: State, ...events: Event[]): { state: State; effects: Effect[] } {
  const effects: Effect[] = [];
  for (const event of events) {
    const step = reduce(state, event);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

export const arrived = (volunteer: string, now = 0): Event => ({ kind: 'arrived', volunteer, now });
export const left = (volunteer: string, now = 0): Event => ({ kind: 'left', volunteer, now });
export const accepted = (volunteer: string, now = 0): Event => ({
  kind: 'accepted',
  volunteer,
  bytes: 100,
  now,
});
export const declined = (volunteer: string, now = 0): Event => ({
  kind: 'declined',
  volunteer,
  now,
});
export const clock = (now: number): Event => ({ kind: 'clock', now });
export const start = (rounds: number, now = 0): Event => ({ kind: 'start', rounds, now });
export const judged = (verdict: Verdict, now = 0): Event => ({ kind: 'judged', verdict, now });
export const AGGREGATED: Event = { kind: 'aggregated', weights: 'sum', now: 0 };

/** A project with a first version, where nothing is going on. */
export const idle = (rules: Partial<RoundRules> = {}) =>
  after(begin({ ...RULES, ...rules }), judged(FIRST)).state;

/** The first of so many rounds has asked a, b and c. */
export const training = (rules: Partial<RoundRules> = {}, rounds = 1) =>
  after(idle(rules), start(rounds), arrived('a'), arrived('b'), arrived('c')).state;

export const finetuning = (rounds = 1) =>
  after(training({}, rounds), accepted('a'), accepted('b'), accepted('c'), AGGREGATED).state;

export const kinds = (effects: Effect[]) => effects.map(({ kind }) => kind);
