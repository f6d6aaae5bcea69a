import assert from 'node:assert/strict';
import {
  admission,
  begin,
  reduce,
  resume,
  revive,
  tally,
  type Effect,
  type Event,
  type Outcome,
  type RoundRules,
  type State,
  type Verdict,
} from '../../shared/rounds/round.ts';

/**
 * A coordinator without a network: it carries out effects as the real one does, one at a time and
 * when it is told to, and checks after every event what has to hold in every state.
 */
export class Interpreter {
  state: State;
  now = 0;
  readonly outcomes: Outcome[] = [];
  /** The last round that was opened, and what it handed out. */
  #open: { round: number; base: State['base'] } | undefined;
  /** Bytes of the deltas that were counted in it, by volunteer. */
  readonly #counted = new Map<string, number>();
  /** Whom a message would reach. */
  readonly #connected = new Set<string>();
  #work: Effect | undefined;
  #versions = 0;

  constructor(rules: RoundRules) {
    this.state = deepFreeze(begin(rules));
    this.#carryOut(resume(this.state), this.state);
  }

  get working(): boolean {
    return this.#work !== undefined;
  }

  send(event: Event): void {
    const before = this.state;
    if (event.kind === 'arrived') this.#connected.add(event.volunteer);
    if (event.kind === 'left') this.#connected.delete(event.volunteer);
    const standing = event.kind === 'accepted' ? admission(before, event.volunteer) : undefined;
    const { state, effects } = reduce(before, event);
    this.state = deepFreeze(state);
    if (event.kind === 'accepted') {
      if (standing === 'open') this.#counted.set(event.volunteer, event.bytes);
      // A delta that cannot be counted leaves no trace.
      else assert.equal(state, before);
    }
    this.#checkRounds(before, effects);
    this.#carryOut(effects, before);
    this.#checkState();
  }

  /** Time passes; the alarm rings, as the coordinator has it: it also looks after the server's work. */
  tick(now: number): void {
    this.now = Math.max(this.now, now);
    this.send({ kind: 'clock', now: this.now });
    if (this.state.phase === 'finetuning' || this.state.phase === 'preparing')
      this.#carryOut(resume(this.state), this.state);
  }

  /** Finishes the work under way, well or badly. */
  work(result: 'promoted' | 'kept' | 'undone' | 'failed'): void {
    const { now, state } = this;
    const done = this.#work;
    if (!done) return;
    this.#work = undefined;
    if (result === 'failed') this.send({ kind: 'failed', reason: 'out of memory', now });
    else if (done.kind === 'aggregate')
      this.send({ kind: 'aggregated', weights: `sum ${state.round}`, now });
    else this.send({ kind: 'judged', verdict: this.#verdict(result), now });
  }

  #verdict(result: 'promoted' | 'kept' | 'undone'): Verdict {
    const candidateVersion = ++this.#versions;
    const base = { version: candidateVersion, weights: `w${candidateVersion}` };
    if (result === 'promoted' || this.state.live === 0)
      return { promoted: true, reason: null, candidateVersion, live: candidateVersion, base };
    const { live } = this.state;
    const from = result === 'kept' ? base : { version: live, weights: `w${live}` };
    return { promoted: false, reason: 'worse', candidateVersion, live, base: from };
  }

  /** An admin makes an earlier version live. */
  move(choice: number): void {
    if (this.#versions === 0) return;
    const version = 1 + (choice % this.#versions);
    this.send({ kind: 'moved', version, weights: `w${version}` });
  }

  /** Everything but what is stored is lost: sockets, and work under way. */
  crash(): void {
    this.state = deepFreeze(revive(JSON.parse(JSON.stringify(this.state)) as State));
    this.#work = undefined;
    this.#connected.clear();
    this.#carryOut(resume(this.state), this.state);
    this.#checkState();
  }

  /** Nobody does anything any more, but alarms ring and work gets done. @throws when that never ends. */
  comeToRest(): void {
    for (let i = 0; i < 500; i++) {
      if (this.#work) this.work('kept');
      else if (this.state.deadline !== null) this.tick(this.state.deadline);
      else if (this.state.phase === 'preparing') this.tick(this.now + 1);
      else break;
    }
    const { phase, present, rules } = this.state;
    assert.ok(['idle', 'gathering'].includes(phase));
    // What still waits then waits for volunteers, and for nothing else.
    if (phase === 'gathering') assert.ok(present.length < rules.minimum);
    assert.equal(this.outcomes.length, this.state.round);
  }

  #carryOut(effects: readonly Effect[], before: State): void {
    for (const effect of effects) {
      if (effect.kind === 'record') this.#record(effect.outcome, before);
      if (effect.kind === 'assign') this.#assign(effect.volunteers);
      if (effect.kind === 'dismiss') {
        assert.ok(effect.volunteers.length > 0);
        for (const volunteer of effect.volunteers) assert.equal(before.cohort[volunteer], 'asked');
      }
      if (effect.kind === 'aggregate') assert.equal(this.state.phase, 'aggregating');
      if (effect.kind === 'finetune') assert.equal(effect.weights, this.state.candidate ?? '');
      // The same work again replaces itself: the finetuner knows its job.
      if (effect.kind === 'aggregate' || effect.kind === 'finetune') this.#work = effect;
    }
  }

  #assign(volunteers: readonly string[]): void {
    const { state } = this;
    assert.equal(state.phase, 'training');
    if (state.round !== this.#open?.round) {
      this.#open = { round: state.round, base: state.base };
      this.#counted.clear();
    }
    assert.ok(volunteers.length > 0);
    assert.equal(new Set(volunteers).size, volunteers.length);
    for (const volunteer of volunteers) {
      assert.ok(this.#connected.has(volunteer));
      assert.equal(state.cohort[volunteer], 'asked');
    }
  }

  #record(outcome: Outcome, before: State): void {
    this.outcomes.push(outcome);
    assert.equal(outcome.round, before.round);
    assert.equal(outcome.round, this.outcomes.length);
    assert.equal(outcome.baseVersion, this.#open!.base.version);
    assert.equal(outcome.outcome === 'abandoned', outcome.candidateVersion === null);
    assert.equal(outcome.reason === null, outcome.outcome === 'promoted');
    assert.equal(outcome.accepted, this.#counted.size);
    assert.equal(
      outcome.bytes,
      [...this.#counted.values()].reduce((a, b) => a + b, 0),
    );
    assert.ok(outcome.accepted + outcome.declined <= outcome.asked);
    assert.ok(outcome.closedAt >= outcome.openedAt);
    if (outcome.outcome !== 'abandoned') assert.ok(outcome.accepted >= before.rules.minimum);
  }

  /** Rounds open one at a time, and each is recorded in the step that ends it. */
  #checkRounds(before: State, effects: readonly Effect[]): void {
    const { state } = this;
    const opened = state.round - before.round;
    assert.ok([0, 1].includes(opened));
    const recorded = effects.filter(({ kind }) => kind === 'record').length;
    assert.equal(isOpen(before) + opened - recorded, isOpen(state));
  }

  #checkState(): void {
    const { state } = this;
    const { phase, rules, cohort, present, round, until, deadline } = state;
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
    assert.deepEqual([...present].sort(), [...this.#connected].sort());
    for (const volunteer of [...Object.keys(cohort), ...present, 'a stranger']) {
      const wanted = cohort[volunteer] !== undefined && cohort[volunteer] !== 'accepted';
      assert.equal(admission(state, volunteer) === 'open', phase === 'training' && wanted);
    }
    if (phase === 'idle') assert.ok(round >= until);
    if (phase === 'gathering') assert.ok(round < until);
    if (phase === 'gathering') assert.ok(present.length < rules.goal);
    if (phase === 'training' || (phase === 'gathering' && present.length >= rules.minimum))
      assert.notEqual(deadline, null);
    if (phase !== 'training' && phase !== 'gathering') assert.equal(deadline, null);
    if (isOpen(state) === 0) return;
    assert.deepEqual(state.base, this.#open!.base);
    assert.equal(tally(state, 'accepted'), this.#counted.size);
  }
}

/** 1 while a round is open: opened, and not yet recorded. */
function isOpen({ phase }: State): 0 | 1 {
  return phase === 'training' || phase === 'aggregating' || phase === 'finetuning' ? 1 : 0;
}

/** An object that throws when anything in it is written to. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
