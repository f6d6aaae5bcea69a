/** A coordinator's events as short as a test wants to say them, and states that tests start from. */
import { expect } from 'vitest';
import { NOTHING, type Base, type Counts, type Report } from '../../shared/rounds/orders.ts';
import {
  begin,
  dueAt,
  reduce,
  taking,
  type Effect,
  type Event,
  type RoundRules,
  type State,
  type Verdict,
} from '../../shared/rounds/round.ts';

export const RULES: RoundRules = {
  ...{ goal: 3, minimum: 2, wanted: 4, deadlineMs: 60_000, mode: 'sync', maxStaleness: 0 },
  shards: 1,
};

export const ASYNC: Partial<RoundRules> = { mode: 'async', maxStaleness: 2 };

export const baseOf = (version: number): Base => ({ version, weights: `w${version}` });

export const FIRST: Verdict = {
  ...{ promoted: true, reason: null, candidateVersion: 1, live: 1, base: baseOf(1) },
};

/** A verdict on a candidate of this version. */
export const better = (version: number): Verdict => ({
  ...{ promoted: true, reason: null, candidateVersion: version },
  ...{ live: version, base: baseOf(version) },
});
export const worse = (version: number, live: number, base = version): Verdict => ({
  ...{ promoted: false, reason: 'worse', candidateVersion: version, live, base: baseOf(base) },
});

/** The state after the events, one after another, and all their effects. */
export function after(state: State, ...events: Event[]): { state: State; effects: Effect[] } {
  const effects: Effect[] = [];
  for (const event of events) {
    const step = reduce(state, event);
    state = step.state;
    effects.push(...step.effects);
    const due = dueAt(state);
    if (due !== null) expect(due).toSatisfy(Number.isInteger);
  }
  return { state, effects };
}

export const clock = (now: number): Event => ({ kind: 'clock', now });
export const start = (rounds: number, now = 0): Event => ({ kind: 'start', rounds, now });
export const STOP: Event = { kind: 'stop' };
export const judged = (verdict: Verdict, now = 0): Event => ({ kind: 'judged', verdict, now });
export const failed = (reason: string, now = 0): Event => ({ kind: 'failed', reason, now });
export const moved = (version: number): Event => ({ kind: 'moved', ...baseOf(version) });
export const AGGREGATED: Event = { kind: 'aggregated', weights: 'sum', now: 0 };

type Said = Partial<Omit<Report, 'counts' | 'sealed'>> & {
  counts?: Partial<Counts>;
  sealed?: { round: number; counts?: Partial<Counts> };
  shard?: number;
};

let stamps = 0;

/** What a shard says; as late as it comes, unless it is given a stamp. */
export function says({ shard = 0, counts, sealed, ...rest }: Said, now = 0): Event {
  const report: Report = {
    ...{ stamp: ++stamps, ordered: 0, round: 0, open: false, present: 0, listening: false },
    ...{ spare: 0, working: 0, counts: { ...NOTHING, ...counts } },
    ...{
      sealed: { round: sealed?.round ?? 0, counts: { ...NOTHING, ...sealed?.counts } },
      ...rest,
    },
  };
  return { kind: 'report', shard, report, now };
}

/** So many volunteers are there, and none is asked. */
export const here = (present: number, now = 0, shard = 0): Event =>
  says({ shard, present, spare: present }, now);

/** How far a round has come in a shard that takes deltas for it. */
export function reached(
  state: State,
  counts: Partial<Counts>,
  now = 0,
  more: Partial<Report> & { shard?: number } = {},
): Event {
  const { round } = taking(state);
  const { asked = 0, accepted = 0, declined = 0, left = 0 } = counts;
  const working = asked - accepted - declined - left;
  const present = asked - left;
  const sealed = { round: round - 1 };
  return says({ round, open: true, present, working, counts, sealed, ...more }, now);
}

/** A shard has closed the round, with what came of it. */
export const sealed = (round: number, counts: Partial<Counts>, now = 0, shard = 0): Event =>
  says({ shard, round, present: 4, counts, sealed: { round, counts } }, now);

/** A project with a first version, where nothing is going on. */
export const idle = (rules: Partial<RoundRules> = {}): State =>
  after(begin({ ...RULES, ...rules }), judged(FIRST)).state;

/** The first of so many rounds has asked four. */
export function training(rules: Partial<RoundRules> = {}, rounds = 1): State {
  const { state } = after(idle(rules), start(rounds), here(4));
  return after(state, reached(state, { asked: 4 })).state;
}

/** It has three deltas, and the deadline has passed. */
export function closing(rules: Partial<RoundRules> = {}, rounds = 1): State {
  const state = training(rules, rounds);
  const counts = { asked: 4, accepted: 3, bytes: 300 };
  return after(state, reached(state, counts), clock(RULES.deadlineMs)).state;
}

export const aggregating = (rules: Partial<RoundRules> = {}, rounds = 1): State =>
  after(closing(rules, rounds), sealed(1, { asked: 4, accepted: 3, bytes: 300 })).state;

export const finetuning = (rules: Partial<RoundRules> = {}, rounds = 1): State =>
  after(aggregating(rules, rounds), AGGREGATED).state;

export const kinds = (effects: readonly { kind: string }[]) => effects.map(({ kind }) => kind);
