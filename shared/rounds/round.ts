import type { TrainingState } from '../protocol/messages.ts';

/**
 * Training as a pure state machine: (state, event) -> state + effects. It decides everything and
 * touches nothing; the coordinator stores the state, carries out the effects, and reports back as
 * events. An effect may be carried out twice after a crash, so each is safe to repeat.
 *
 *   preparing -> idle <-> gathering -> training -> aggregating -> finetuning -> gathering | idle
 */
export type Member = 'asked' | 'accepted' | 'declined' | 'left';

export type RoundRules = { goal: number; minimum: number; deadlineMs: number };

export type State = {
  rules: RoundRules;
  phase: Exclude<TrainingState['phase'], 'promoting'>;
  /** The open round, or the last one. */
  round: number;
  /** Rounds run while `round < until`. */
  until: number;
  /** The version that requests are answered with; 0 before the first. */
  live: number;
  /**
   * What the open round starts from, or the next one: the newest version that is not much worse than
   * the live one. Fixed while a round is open, whose deltas are differences to it.
   */
  base: { version: number; weights: string };
  /** The version that was made live by hand while a round was open: what the next one starts from. */
  moved: State['base'] | null;
  /** Volunteers connected now. */
  present: string[];
  cohort: Record<string, Member>;
  bytes: number;
  openedAt: number;
  /** When the clock next decides something; null when nothing waits for it. */
  deadline: number | null;
  /** Weights made by aggregation, before the server's step. */
  candidate: string | null;
  notice: string | null;
};

/** What the server's own step and evaluation came to. */
export type Verdict = {
  promoted: boolean;
  /** Why not, or null. */
  reason: string | null;
  candidateVersion: number;
  live: number;
  base: State['base'];
};

export type Event =
  | { kind: 'arrived'; volunteer: string; now: number }
  | { kind: 'left'; volunteer: string; now: number }
  | { kind: 'start'; rounds: number; now: number }
  | { kind: 'stop' }
  | { kind: 'accepted'; volunteer: string; bytes: number; now: number }
  | { kind: 'declined'; volunteer: string; now: number }
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
  asked: number;
  accepted: number;
  declined: number;
  bytes: number;
  openedAt: number;
  closedAt: number;
};

export type Effect =
  | { kind: 'assign'; volunteers: string[] }
  | { kind: 'aggregate' }
  | { kind: 'finetune'; weights: string }
  | { kind: 'record'; outcome: Outcome }
  | { kind: 'dismiss'; volunteers: string[]; round: number; reason: string };

export type Step = { state: State; effects: Effect[] };

/** How long a round waits for more volunteers once the minimum is there. */
export const GATHER_MS = 3000;

/**
 * Once the goal is reached the slower ones get this share of the time the round has taken, then it
 * closes: one throttled tab must not hold up the crowd, nor lose its work by a hair.
 */
export const PATIENCE = 0.25;

/** A new project: its first version is being made from the seed set. */
export function begin(rules: RoundRules): State {
  return {
    ...{ rules, phase: 'preparing', round: 0, until: 0, live: 0, present: [], cohort: {} },
    ...{ base: { version: 0, weights: '' }, moved: null, bytes: 0, openedAt: 0, deadline: null },
    ...{ candidate: null, notice: null },
  };
}

/** @returns the next state and what to do; the same object and nothing where the event changes nothing. */
export function reduce(state: State, event: Event): Step {
  switch (event.kind) {
    case 'arrived':
      return arrived(state, event.volunteer, event.now);
    case 'left':
      return left(state, event.volunteer, event.now);
    case 'start':
      return settle({ ...state, until: state.round + event.rounds, notice: null }, event.now);
    case 'stop':
      return stop(state);
    case 'accepted':
      return resolved(state, event.volunteer, 'accepted', event.bytes, event.now);
    case 'declined':
      return resolved(state, event.volunteer, 'declined', 0, event.now);
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

/** How many of the cohort stand so. */
export function tally(state: State, member: Member): number {
  return Object.values(state.cohort).filter((m) => m === member).length;
}

/** Whether a delta of this volunteer can be counted now; if not, why not. */
export function admission(
  state: State,
  volunteer: string,
): 'open' | 'closed' | 'not-asked' | 'counted' {
  const member = state.cohort[volunteer];
  if (member === 'accepted') return 'counted';
  if (state.phase !== 'training') return 'closed';
  return member === undefined ? 'not-asked' : 'open';
}

function only(state: State, ...effects: Effect[]): Step {
  return { state, effects };
}

function arrived(state: State, volunteer: string, now: number): Step {
  const present = state.present.includes(volunteer) ? state.present : [...state.present, volunteer];
  const next = { ...state, present };
  if (state.phase === 'gathering') return settle(next, now);
  if (state.phase !== 'training') return only(next);
  const member = state.cohort[volunteer];
  const back = member === 'asked' || member === 'left';
  const expected = tally(state, 'asked') + tally(state, 'accepted');
  // A late joiner fills the place of one who left or declined; one who is back goes on.
  if (!back && (member !== undefined || expected >= state.rules.goal)) return only(next);
  const cohort: State['cohort'] = { ...state.cohort, [volunteer]: 'asked' };
  return only({ ...next, cohort }, { kind: 'assign', volunteers: [volunteer] });
}

function left(state: State, volunteer: string, now: number): Step {
  const next = { ...state, present: state.present.filter((id) => id !== volunteer) };
  if (state.phase === 'gathering') return settle(next, now);
  if (state.phase !== 'training' || state.cohort[volunteer] !== 'asked') return only(next);
  return closeWhenResolved({ ...next, cohort: { ...state.cohort, [volunteer]: 'left' } }, now);
}

function stop(state: State): Step {
  const next = { ...state, until: Math.min(state.until, state.round) };
  return state.phase === 'gathering'
    ? only({ ...next, phase: 'idle', deadline: null })
    : only(next);
}

/** Moves between idle and gathering, and opens a round when enough volunteers are there. */
function settle(state: State, now: number): Step {
  if (state.phase !== 'idle' && state.phase !== 'gathering') return only(state);
  if (state.round >= state.until) return only({ ...state, phase: 'idle', deadline: null });
  const { goal, minimum } = state.rules;
  const here = state.present.length;
  if (here >= goal || (here >= minimum && state.deadline !== null && now >= state.deadline))
    return openRound(state, now);
  const deadline = here >= minimum ? (state.deadline ?? now + GATHER_MS) : null;
  return only({ ...state, phase: 'gathering', deadline });
}

function openRound(state: State, now: number): Step {
  const volunteers = [...state.present];
  const cohort = Object.fromEntries(volunteers.map((id) => [id, 'asked' as const]));
  const round = state.round + 1;
  const deadline = now + state.rules.deadlineMs;
  const next: State = {
    ...state,
    phase: 'training',
    round,
    cohort,
    deadline,
    openedAt: now,
    bytes: 0,
    candidate: null,
  };
  return only(next, { kind: 'assign', volunteers });
}

function resolved(state: State, volunteer: string, as: Member, bytes: number, now: number): Step {
  if (admission(state, volunteer) !== 'open') return only(state);
  const cohort = { ...state.cohort, [volunteer]: as };
  return closeWhenResolved({ ...state, cohort, bytes: state.bytes + bytes }, now);
}

/** A round closes when nobody it waits for can still add to it. */
function closeWhenResolved(state: State, now: number): Step {
  if (tally(state, 'asked') > 0) return only(hurry(state, now));
  if (tally(state, 'accepted') >= state.rules.minimum) return aggregate(state);
  // Too few, but whoever left may be back before the deadline, and others may join.
  if (tally(state, 'left') > 0 && state.deadline !== null && now < state.deadline)
    return only(state);
  return abandon(state, shortage(state), now);
}

function hurry(state: State, now: number): State {
  if (tally(state, 'accepted') < state.rules.goal || state.deadline === null) return state;
  // On a whole millisecond, as alarms are: one that rings before the deadline decides nothing.
  const soon = Math.ceil(now + PATIENCE * (now - state.openedAt));
  return { ...state, deadline: Math.min(state.deadline, soon) };
}

function clock(state: State, now: number): Step {
  if (state.deadline === null || now < state.deadline) return only(state);
  if (state.phase === 'gathering') return settle(state, now);
  if (state.phase !== 'training') return only({ ...state, deadline: null });
  if (tally(state, 'accepted') >= state.rules.minimum) return aggregate(state);
  return abandon(state, shortage(state), now);
}

function shortage(state: State): string {
  const { minimum } = state.rules;
  return `${tally(state, 'accepted')} of at least ${minimum} deltas came; ${tally(state, 'declined')} declined, ${tally(state, 'left')} left`;
}

function aggregate(state: State): Step {
  const late = Object.entries(state.cohort).flatMap(([id, m]) => (m === 'asked' ? [id] : []));
  const dismiss: Effect[] =
    late.length === 0
      ? []
      : [
          {
            kind: 'dismiss',
            volunteers: late,
            round: state.round,
            reason: 'the deadline has passed',
          },
        ];
  return only({ ...state, phase: 'aggregating', deadline: null }, ...dismiss, {
    kind: 'aggregate',
  });
}

function aggregated(state: State, weights: string): Step {
  if (state.phase !== 'aggregating') return only(state);
  return only({ ...state, phase: 'finetuning', candidate: weights }, { kind: 'finetune', weights });
}

function judged(state: State, verdict: Verdict, now: number): Step {
  if (state.phase !== 'preparing' && state.phase !== 'finetuning') return only(state);
  const { promoted, reason, candidateVersion } = verdict;
  const byHand = promoted ? null : state.moved;
  const next: State = {
    ...{ ...state, phase: 'idle', notice: promoted ? null : reason, candidate: null, moved: null },
    ...{ live: byHand?.version ?? verdict.live, base: byHand ?? verdict.base },
  };
  const word = promoted ? 'promoted' : 'not-promoted';
  const record: Effect[] =
    state.phase === 'preparing'
      ? []
      : [{ kind: 'record', outcome: outcomeOf(state, word, reason, candidateVersion, now) }];
  const then = settle(next, now);
  return only(then.state, ...record, ...then.effects);
}

function failed(state: State, reason: string, now: number): Step {
  if (state.phase === 'training' || state.phase === 'aggregating' || state.phase === 'finetuning')
    return abandon(state, reason, now);
  return only({ ...state, notice: reason });
}

function moved(state: State, to: State['base']): Step {
  const { phase } = state;
  const open = phase === 'training' || phase === 'aggregating' || phase === 'finetuning';
  // A sum of differences to one version, added to another, would be noise.
  return only({ ...state, live: to.version, ...(open ? { moved: to } : { base: to }) });
}

function abandon(state: State, reason: string, now: number): Step {
  const waiting = Object.entries(state.cohort).flatMap(([id, m]) => (m === 'asked' ? [id] : []));
  const record: Effect = {
    kind: 'record',
    outcome: outcomeOf(state, 'abandoned', reason, null, now),
  };
  const dismiss: Effect = { kind: 'dismiss', volunteers: waiting, round: state.round, reason };
  const base = state.moved ?? state.base;
  const ended: State = {
    ...state,
    phase: 'idle',
    deadline: null,
    candidate: null,
    notice: reason,
    base,
    moved: null,
  };
  const then = settle(ended, now);
  return only(then.state, record, ...(waiting.length > 0 ? [dismiss] : []), ...then.effects);
}

function outcomeOf(
  state: State,
  outcome: Outcome['outcome'],
  reason: string | null,
  candidateVersion: number | null,
  now: number,
): Outcome {
  return {
    ...{ round: state.round, outcome, reason, baseVersion: state.base.version, candidateVersion },
    asked: Object.keys(state.cohort).length,
    accepted: tally(state, 'accepted'),
    declined: tally(state, 'declined'),
    ...{ bytes: state.bytes, openedAt: state.openedAt, closedAt: now },
  };
}

/** What everyone who watches may know. `serverProgress` is the finetuner's, 0 to 1. */
export function publicState(state: State, serverProgress: number | null): TrainingState {
  const server = state.phase === 'preparing' || state.phase === 'finetuning';
  return {
    ...{ phase: state.phase, round: state.round, until: state.until, version: state.live },
    volunteers: state.present.length,
    asked: Object.keys(state.cohort).length,
    accepted: tally(state, 'accepted'),
    goal: state.rules.goal,
    deadline: state.deadline,
    serverProgress: server ? (serverProgress ?? 0) : null,
    notice: state.notice,
  };
}

/** The state after the object was torn down: its sockets are gone until they say hello again. */
export function revive(state: State): State {
  return { ...state, present: [] };
}

/** What was under way when the object was torn down, to be done again. */
export function resume(state: State): Effect[] {
  if (state.phase === 'aggregating') return [{ kind: 'aggregate' }];
  if (state.phase === 'finetuning' && state.candidate)
    return [{ kind: 'finetune', weights: state.candidate }];
  if (state.phase === 'preparing') return [{ kind: 'finetune', weights: '' }];
  return [];
}
