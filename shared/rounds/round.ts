import type { TrainingState } from '../protocol/messages.ts';
import { NOTHING, total, type Base, type Counts, type Report } from './orders.ts';
import type { Mode } from './cohort.ts';
import { allocate } from './allocate.ts';

/**
 * Training as a pure state machine: (state, event) -> state + effects. It decides everything and
 * touches nothing; the coordinator stores the state, carries out the effects, and reports back as
 * events. An effect may be carried out twice after a crash, so each is safe to repeat. Volunteers
 * are the shards' business (cohort.ts): here they are numbers, as the shards report them.
 *
 *   preparing -> idle <-> gathering -> training -> closing -> aggregating -> finetuning -> gathering | idle
 *
 * A synchronous round ends before the next begins. In asynchronous training (FedBuff, Nguyen et al.
 * 2022) the next round takes deltas from the moment this one closes, so that no tab ever waits for
 * the server: a round is then a buffer of deltas, and several versions are alive at once.
 */
export type RoundRules = {
  /** Deltas that close a round; fewer than `minimum` at the deadline, and it is abandoned. */
  goal: number;
  minimum: number;
  /** Volunteers to have at work for that: more than the goal, for some will leave. */
  wanted: number;
  deadlineMs: number;
  mode: Mode;
  /** Versions that a delta may lie behind; 0 in synchronous rounds. */
  maxStaleness: number;
  shards: number;
};

export type State = {
  rules: RoundRules;
  phase: 'preparing' | 'idle' | 'gathering' | 'training' | 'closing' | 'aggregating' | 'finetuning';
  /** The open round, or the last one. */
  round: number;
  /** Rounds run while `round < until`. */
  until: number;
  /** The version that requests are answered with; 0 before the first. */
  live: number;
  /**
   * What deltas may start from, newest first. The first is what an assignment names: the newest
   * version that is not much worse than the live one.
   */
  bases: readonly Base[];
  /** The version that was made live by hand while a round was open: what the next one starts from. */
  moved: Base | null;
  openedAt: number;
  /** Since when the next round takes deltas already; null where rounds do not overlap. */
  nextOpenedAt: number | null;
  /** When the round closes at the latest, or the wait for more volunteers ends; null where neither is on. */
  deadline: number | null;
  /** Until when a round that has enough waits for those who left in the middle of their work, or null. */
  grace: number | null;
  /** How long the last round was open, ms; null before the first. */
  lastMs: number | null;
  /** What came of the round, once every shard has sealed it. */
  totals: Counts;
  /** Why the round is closed only to be given up; null when it is to be aggregated. */
  givenUp: string | null;
  /** Weights made by aggregation, before the server's step. */
  candidate: string | null;
  /** Deltas of rounds up to this one are needed no more. */
  settled: number;
  notice: string | null;
  /** What each shard last said; null where nothing was heard yet. Not stored: they say it again. */
  shards: readonly (Report | null)[];
};

/** What the server's own step and evaluation came to. */
export type Verdict = {
  promoted: boolean;
  /** Why not, or null. */
  reason: string | null;
  candidateVersion: number;
  live: number;
  base: Base;
};

export type Event =
  | { kind: 'report'; shard: number; report: Report; now: number }
  | { kind: 'start'; rounds: number; now: number }
  | { kind: 'stop' }
  | { kind: 'clock'; now: number }
  | { kind: 'aggregated'; weights: string; now: number }
  | { kind: 'judged'; verdict: Verdict; now: number }
  | { kind: 'failed'; reason: string; now: number }
  /** Another version became live by hand. */
  | { kind: 'moved'; version: number; weights: string };

export type Outcome = {
  round: number;
  outcome: 'promoted' | 'not-promoted' | 'abandoned';
  reason: string | null;
  baseVersion: number;
  candidateVersion: number | null;
  /** The weights that aggregation made, before the server's step; null where it came to none. */
  aggregate: string | null;
  openedAt: number;
  closedAt: number;
} & Omit<Counts, 'left'>;

export type Effect =
  | { kind: 'aggregate' }
  | { kind: 'finetune'; weights: string }
  | { kind: 'record'; outcome: Outcome };

export type Step = { state: State; effects: Effect[] };

/** How long a round waits for more volunteers once the minimum is there. */
export const GATHER_MS = 3000;

/**
 * Once the goal is reached the slower ones get this share of the time the round has taken, then it
 * closes: one throttled tab must not hold up the crowd, nor lose its work by a hair.
 */
export const PATIENCE = 0.25;

/**
 * A line breaks and comes back, all of them when the edge is deployed anew; socket.io tries again
 * within 10 s. Nobody's work is thrown away for that.
 */
export const GRACE_MS = 10_000;

/** A new project: its first version is being made from the seed set. */
export function begin(rules: RoundRules): State {
  return {
    ...{ rules, phase: 'preparing', round: 0, until: 0, live: 0, bases: [], moved: null },
    ...{
      openedAt: 0,
      nextOpenedAt: null,
      deadline: null,
      grace: null,
      lastMs: null,
      totals: NOTHING,
    },
    ...{ givenUp: null, candidate: null, settled: 0, notice: null },
    shards: Array.from({ length: rules.shards }, () => null),
  };
}

/** @returns the next state and what to do; the same object and nothing where the event changes nothing. */
export function reduce(state: State, event: Event): Step {
  switch (event.kind) {
    case 'report':
      return reported(state, event.shard, event.report, event.now);
    case 'start':
      return settle({ ...state, until: state.round + event.rounds, notice: null }, event.now);
    case 'stop':
      return stop(state);
    case 'clock':
      return clock(state, event.now);
    case 'aggregated':
      return aggregated(state, event.weights);
    case 'judged':
      return judged(state, event.verdict, event.now);
    case 'failed':
      return failed(state, event.reason, event.now);
    case 'moved':
      return moved(state, { version: event.version, weights: event.weights });
  }
}

/** The round that takes deltas now, or was the last to; whether it does. */
export function taking({ phase, round, nextOpenedAt }: State): { round: number; open: boolean } {
  if (nextOpenedAt !== null) return { round: round + 1, open: true };
  return { round, open: phase === 'training' };
}

/** How many volunteers each shard may have at work, by its number. */
export function quotas(state: State): number[] {
  const { round, open } = taking(state);
  if (!open) return state.shards.map(() => 0);
  const { mode, wanted } = state.rules;
  const standings = state.shards.map((report) => {
    if (!report) return { working: 0, accepted: 0, spare: 0 };
    // One that has not heard of the round yet can ask whoever is there, or has at work already.
    if (report.round !== round) {
      const working = mode === 'async' && report.open ? report.working : 0;
      return { working, accepted: 0, spare: report.present - working };
    }
    const accepted = mode === 'async' ? 0 : report.counts.accepted;
    return { working: report.working, accepted, spare: report.spare };
  });
  return allocate(standings, wanted);
}

/** Volunteers connected, in all shards that were heard. */
export function presence({ shards }: State): number {
  return shards.reduce((sum, report) => sum + (report?.present ?? 0), 0);
}

/** Of the round that takes deltas, as far as it was heard. */
export function counted(state: State, round = taking(state).round): Counts {
  return total(
    state.shards.flatMap((report) => {
      if (report?.sealed.round === round) return [report.sealed.counts];
      return report?.round === round ? [report.counts] : [];
    }),
  );
}

function only(state: State, ...effects: Effect[]): Step {
  return { state, effects };
}

function reported(state: State, shard: number, report: Report, now: number): Step {
  const before = state.shards[shard];
  if (before === undefined || (before && report.stamp <= before.stamp)) return only(state);
  const next = { ...state, shards: state.shards.with(shard, report) };
  if (state.phase === 'idle' || state.phase === 'gathering') return settle(next, now);
  if (state.phase === 'training') return closeWhenDone(next, now);
  if (state.phase === 'closing') return closeWhenSealed(next, now);
  return only(next);
}

function stop(state: State): Step {
  const next = { ...state, until: Math.min(state.until, taking(state).round) };
  return state.phase === 'gathering'
    ? only({ ...next, phase: 'idle', deadline: null })
    : only(next);
}

/** Moves between idle and gathering, and opens a round when enough volunteers are there. */
function settle(state: State, now: number): Step {
  if (state.phase !== 'idle' && state.phase !== 'gathering') return only(state);
  if (state.round >= state.until) return only({ ...state, phase: 'idle', deadline: null });
  const { goal, minimum } = state.rules;
  const here = presence(state);
  if (here >= goal || (here >= minimum && state.deadline !== null && now >= state.deadline))
    return only(opened(state, now));
  const deadline = here >= minimum ? (state.deadline ?? now + GATHER_MS) : null;
  return only({ ...state, phase: 'gathering', deadline });
}

/** The next round takes deltas: from now on, or since the one before it closed. */
function opened(state: State, now: number): State {
  const openedAt = state.nextOpenedAt ?? now;
  return {
    ...{ ...state, phase: 'training', round: state.round + 1, openedAt, nextOpenedAt: null },
    deadline: Math.max(now, openedAt + state.rules.deadlineMs),
    ...{ totals: NOTHING, givenUp: null, candidate: null },
  };
}

/** A round closes when it has what it wants, or nobody it waits for can still add to it. */
function closeWhenDone(state: State, now: number): Step {
  const { goal, minimum, mode } = state.rules;
  const { accepted, asked, left } = counted(state);
  if (accepted >= goal && mode === 'async') return close(state, now);
  const heard = state.shards.every((r) => r && (r.present === 0 || r.round === state.round));
  const here = state.shards.filter((report) => report?.round === state.round);
  const working = here.reduce((sum, report) => sum + report!.working, 0);
  const toAsk =
    quotas(state).reduce((a, b) => a + b, 0) - working - (mode === 'async' ? 0 : accepted);
  if (working > 0 || toAsk > 0 || asked === 0 || !heard)
    return only(hurry({ ...state, grace: null }, accepted, now));
  // Nobody at all is there after a restart, whether they were at work or not.
  const gone = left > 0 || (accepted < minimum && presence(state) === 0);
  if (!gone) return close(state, now);
  // Whoever left may be back, and others may join: until the deadline where they are needed.
  return only(accepted < minimum ? state : { ...state, grace: state.grace ?? now + GRACE_MS });
}

function hurry(state: State, accepted: number, now: number): State {
  if (accepted < state.rules.goal || state.deadline === null) return state;
  // On a whole millisecond, as alarms are: one that rings before the deadline decides nothing.
  const soon = Math.ceil(now + PATIENCE * (now - state.openedAt));
  return { ...state, deadline: Math.min(state.deadline, soon) };
}

/** When the clock next decides something; null when nothing waits for it. */
export function dueAt({ deadline, grace }: State): number | null {
  return deadline !== null && grace !== null ? Math.min(deadline, grace) : deadline;
}

function clock(state: State, now: number): Step {
  const due = dueAt(state);
  if (due === null || now < due) return only(state);
  if (state.phase === 'gathering') return settle(state, now);
  if (state.phase !== 'training') return only({ ...state, deadline: null });
  return close(state, now);
}

/**
 * Shards take no more deltas of this round from when they hear of it; what they have acknowledged
 * until then counts. So nothing is decided before all have answered.
 */
function close(state: State, now: number, givenUp: string | null = null): Step {
  const { rules, round, until, openedAt } = state;
  const overlaps =
    rules.mode === 'async' &&
    givenUp === null &&
    round < until &&
    counted(state).accepted >= rules.minimum;
  const next: State = {
    ...{ ...state, phase: 'closing', deadline: null, grace: null, givenUp },
    ...{ nextOpenedAt: overlaps ? now : null, lastMs: now - openedAt },
  };
  return closeWhenSealed(next, now);
}

function closeWhenSealed(state: State, now: number): Step {
  const { round, rules, givenUp } = state;
  if (!state.shards.every((report) => report?.sealed.round === round)) return only(state);
  const totals = counted(state, round);
  const next = { ...state, totals };
  if (givenUp !== null) return abandon(next, givenUp, now);
  if (totals.accepted < rules.minimum) return abandon(next, shortage(totals, rules.minimum), now);
  return only({ ...next, phase: 'aggregating' }, { kind: 'aggregate' });
}

/** In the words of an outcome. */
export function shortage({ accepted, declined, left }: Counts, minimum: number): string {
  return `${accepted} of at least ${minimum} deltas came; ${declined} declined, ${left} left`;
}

function aggregated(state: State, weights: string): Step {
  if (state.phase !== 'aggregating') return only(state);
  const next: State = {
    ...{ ...state, phase: 'finetuning', candidate: weights, settled: state.round },
  };
  return only(next, { kind: 'finetune', weights });
}

function judged(state: State, verdict: Verdict, now: number): Step {
  if (state.phase !== 'preparing' && state.phase !== 'finetuning') return only(state);
  const { promoted, reason, candidateVersion } = verdict;
  const byHand = promoted ? null : state.moved;
  const next: State = {
    ...{ ...state, notice: promoted ? null : reason, candidate: null, moved: null },
    live: byHand?.version ?? verdict.live,
    bases: byHand ? [byHand] : basesAfter(state, verdict),
  };
  if (state.phase === 'preparing') return settle({ ...next, phase: 'idle' }, now);
  const word = promoted ? 'promoted' : 'not-promoted';
  const then = proceed(next, now, byHand !== null);
  return only(then.state, outcomeOf(state, word, reason, candidateVersion, now), ...then.effects);
}

/** A version made from the last one follows it; going back to an earlier one begins anew. */
function basesAfter({ bases, rules }: State, { base, candidateVersion }: Verdict): readonly Base[] {
  if (bases[0]?.version === base.version) return bases;
  const kept = rules.mode === 'async' && base.version === candidateVersion ? bases : [];
  return [base, ...kept].slice(0, rules.maxStaleness + 1);
}

/** After a round: on to the one that is under way already, or to the next if there is to be one. */
function proceed(state: State, now: number, byHand: boolean): Step {
  if (state.nextOpenedAt === null) return settle({ ...state, phase: 'idle', deadline: null }, now);
  const next = opened(state, now);
  // A sum of differences to one version, added to another, would be noise.
  return byHand ? close(next, now, 'another version was made live') : closeWhenDone(next, now);
}

function failed(state: State, reason: string, now: number): Step {
  const { phase } = state;
  if (phase === 'training') return close(state, now, reason);
  // A shard cannot be reached: the round must end without it.
  if (phase === 'closing')
    return abandon({ ...state, totals: counted(state, state.round) }, reason, now);
  if (phase === 'aggregating' || phase === 'finetuning') return abandon(state, reason, now);
  return only({ ...state, notice: reason });
}

function moved(state: State, to: Base): Step {
  const { phase } = state;
  const between = phase === 'preparing' || phase === 'idle' || phase === 'gathering';
  return only({ ...state, live: to.version, ...(between ? { bases: [to] } : { moved: to }) });
}

function abandon(state: State, reason: string, now: number): Step {
  const byHand = state.moved;
  const ended: State = {
    ...{ ...state, candidate: null, notice: reason, moved: null, settled: state.round },
    bases: byHand ? [byHand] : state.bases,
  };
  const then = proceed(ended, now, byHand !== null);
  return only(then.state, outcomeOf(state, 'abandoned', reason, null, now), ...then.effects);
}

function outcomeOf(
  { round, bases, totals, openedAt, candidate }: State,
  outcome: Outcome['outcome'],
  reason: string | null,
  candidateVersion: number | null,
  closedAt: number,
): Effect {
  const { asked, accepted, declined, bytes } = totals;
  const baseVersion = bases[0]?.version ?? 0;
  return {
    kind: 'record',
    outcome: {
      ...{ round, outcome, reason, baseVersion, candidateVersion, aggregate: candidate },
      ...{ asked, accepted, declined, bytes, openedAt, closedAt },
    },
  };
}

const PUBLIC_PHASE: Record<State['phase'], TrainingState['phase']> = {
  ...{ preparing: 'preparing', idle: 'idle', gathering: 'gathering', training: 'training' },
  ...{ closing: 'aggregating', aggregating: 'aggregating', finetuning: 'finetuning' },
};

/** What everyone who watches may know. `serverProgress` is the finetuner's, 0 to 1. */
export function publicState(state: State, serverProgress: number | null): TrainingState {
  const { phase, round, until, live, rules, deadline, notice } = state;
  const server = phase === 'preparing' || phase === 'finetuning';
  const settled = phase === 'aggregating' || phase === 'finetuning';
  const { asked, accepted } = settled ? state.totals : counted(state, round);
  return {
    ...{ phase: PUBLIC_PHASE[phase], round, until, version: live, volunteers: presence(state) },
    ...{ asked, accepted, goal: rules.goal, deadline, notice },
    serverProgress: server ? (serverProgress ?? 0) : null,
  };
}

/**
 * The state as it was stored: what the shards said is to be heard again, before a round is summed
 * up too. Whoever was not heard would be left out.
 */
export function revive(state: Omit<State, 'shards'>): State {
  const phase = state.phase === 'aggregating' ? 'closing' : state.phase;
  return { ...state, phase, shards: Array.from({ length: state.rules.shards }, () => null) };
}

/** What was under way when the object was torn down, to be done again. */
export function resume(state: State): Effect[] {
  if (state.phase === 'finetuning' && state.candidate)
    return [{ kind: 'finetune', weights: state.candidate }];
  if (state.phase === 'preparing') return [{ kind: 'finetune', weights: '' }];
  return [];
}
