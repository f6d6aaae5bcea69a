import assert from 'node:assert/strict';
import type { Effect, Event, Outcome, RoundRules, State } from '../../../shared/rounds/round.ts';

/** What a volunteer sends. */
export type Delta = {
  volunteer: string;
  /** The assignment that it answers, as the volunteer has it. */
  round: number;
  version: number;
  digest: string;
  bytes: number;
};

export type Assigned = { round: number; version: number };

/** What a shard writes down when it acknowledges a delta. */
export type Entry = {
  /** The round that counts it. */
  round: number;
  asked: number;
  volunteer: string;
  digest: string;
  version: number;
  staleness: number;
  bytes: number;
  dropped: boolean;
};

/**
 * Keeps account of every delta that was acknowledged, and holds the coordinator to it: what was
 * acknowledged is counted, once, in its own round, and added to nothing that it is no difference to.
 */
export class Book {
  readonly #rules: RoundRules;
  readonly #acknowledged = new Map<string, Entry>();
  readonly outcomes: Outcome[] = [];
  /** The last round that is in the weights, or was given up. */
  #decided = 0;
  /** Rounds that were given up while not every shard had answered: what those have nobody knows. */
  readonly #silent = new Set<number>();
  /** What deltas could start from before that changed: none after a move by hand. */
  #before: State['bases'] = [];

  constructor(rules: RoundRules) {
    this.#rules = rules;
  }

  acknowledged(entry: Entry): void {
    const { asked, volunteer, digest, round, staleness } = entry;
    const name = `${asked} ${volunteer} ${digest}`;
    assert.ok(!this.#acknowledged.has(name), 'a delta is counted twice');
    const over = round <= this.#decided && !this.#silent.has(round);
    assert.ok(!over, 'a delta is counted in a round that is over');
    assert.ok(staleness <= this.#rules.maxStaleness);
    if (this.#rules.mode === 'sync') assert.equal(asked, round);
    this.#acknowledged.set(name, entry);
  }

  /** A shard lets go of the deltas of these rounds. */
  settled(round: number): void {
    assert.ok(round <= this.#decided, 'deltas are dropped that are not in the weights');
  }

  /** The deltas that the shards gave, to be added to the first of the bases. */
  aggregated(round: number, bases: State['bases'], entries: readonly Entry[]): void {
    const digests = (of: readonly Entry[]) => of.map(({ digest }) => digest).sort();
    assert.deepEqual(digests(entries), digests(this.#of(round)), 'not all deltas are summed up');
    // One version is made between two rounds, so a delta may lie behind by one more than when it came.
    const from = this.#rules.mode === 'sync' ? [bases[0]!] : [...bases, ...this.#before];
    for (const { version } of entries)
      assert.ok(
        from.some((base) => base.version === version),
        'a difference is added to what it is none to',
      );
  }

  stepped(before: State, event: Event, after: State, effects: readonly Effect[]): void {
    if (event.kind === 'aggregated' && after.phase === 'finetuning') this.#decided = after.round;
    for (const effect of effects)
      if (effect.kind === 'record') this.#record(effect.outcome, before, event);
    const byHand = event.kind === 'moved' || (before.moved && after.live === before.moved.version);
    if (after.bases !== before.bases) this.#before = byHand ? [] : before.bases;
  }

  #of(round: number): Entry[] {
    return [...this.#acknowledged.values()].filter((entry) => entry.round === round);
  }

  #record(outcome: Outcome, before: State, event: Event): void {
    this.outcomes.push(outcome);
    const { round, accepted, bytes, asked, declined } = outcome;
    this.#decided = Math.max(this.#decided, round);
    assert.equal(round, this.outcomes.length, 'rounds end one after another');
    assert.equal(outcome.outcome === 'abandoned', outcome.candidateVersion === null);
    assert.equal(outcome.reason === null, outcome.outcome === 'promoted');
    assert.ok(outcome.closedAt >= outcome.openedAt);
    assert.ok(accepted + declined <= asked);
    if (outcome.outcome !== 'abandoned') assert.ok(accepted >= this.#rules.minimum);
    const deltas = this.#of(round);
    const sum = deltas.reduce((total, entry) => total + entry.bytes, 0);
    if (before.phase === 'closing' && event.kind === 'failed') this.#silent.add(round);
    if (this.#silent.has(round)) assert.ok(accepted <= deltas.length && bytes <= sum);
    else assert.deepEqual([accepted, bytes], [deltas.length, sum]);
    assert.equal(outcome.baseVersion, before.bases[0]!.version);
  }
}
