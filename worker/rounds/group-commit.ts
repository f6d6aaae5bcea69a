import { admit, WEIGHT_LIMIT } from '../../shared/rounds/admit.ts';
import { reduceCohort, type Cohort, type CohortEffect } from '../../shared/rounds/cohort.ts';
import { Group } from './group.ts';
import type { Intake } from './intake.ts';
import type { Entry, Log } from './log.ts';
import type { Claim } from './upload.ts';

/** A delta waits so long at most for others that are under way. */
const PATIENCE_MS = 250;

/** A delta that is on disk; `repeated`: by another copy, which came before. */
export type Counted = { entry: Entry; repeated: boolean };

/** A shard, as far as its deltas are concerned. */
export type Home = {
  /** As it is on disk. */
  cohort(): Cohort;
  /** A group has been written. */
  committed(cohort: Cohort, effects: readonly CohortEffect[]): void;
  /** A body's memory is not needed any more. */
  release(body: Uint8Array): void;
};

/**
 * Group commit: a delta is checked and added to the sum at once, and acknowledged when its group has
 * been written, in one transaction. Whatever else changes the cohort, or reads the sum, has to `flush`
 * before: then what was true when a delta was checked is true when it is written. A group that cannot
 * be written has never been, and the sum is made again from the log.
 */
export class GroupCommit {
  readonly #log: Log;
  readonly #intake: Intake;
  readonly #home: Home;
  #group: Group | undefined;

  constructor(log: Log, intake: Intake, home: Home) {
    this.#log = log;
    this.#intake = intake;
    this.#home = home;
  }

  /** The cohort as it will be on disk with all that is in the sum. */
  get ahead(): Cohort {
    return this.#group?.cohort ?? this.#home.cohort();
  }

  /** What became of this very delta, or will: it shares the fate of the copy that came first. */
  find({ round, volunteer, digest }: Claim): Promise<Counted> | undefined {
    const waiting = this.#group?.find(round, volunteer, digest);
    const entry = waiting
      ? this.#group!.waitFor(waiting)
      : this.#log.find(round, volunteer, digest);
    return entry && Promise.resolve(entry).then((one) => ({ entry: one, repeated: true }));
  }

  /**
   * Adds a body that has its claim's digest to the sum, before it returns. The promise is kept when
   * it is on disk; it fails with what the writing failed with, and nothing has changed then.
   * @throws Problem 401-409, 411, 413 at once, for one that cannot be counted
   */
  takeIn(body: Uint8Array, claim: Claim): Promise<Counted> {
    // Another copy, sent by an impatient volunteer, may have come first.
    const before = this.find(claim);
    if (before) return before;
    const group = this.#group ?? new Group(this.#home.cohort(), this.#home.release);
    const counted = this.#add(group, body, claim);
    if (!this.#group) this.#flushIn(PATIENCE_MS, group);
    this.#group = group;
    if (group.full) this.flush();
    return counted.then((entry) => ({ entry, repeated: false }));
  }

  /** No other body is under way: whatever has arrived by now is written, and no more is waited for. */
  soon(): void {
    if (this.#group) this.#flushIn(0, this.#group);
  }

  /** Writes what is in the sum only. Everybody who waits for it hears; it does not throw. */
  flush(): void {
    const group = this.#group;
    if (!group) return;
    this.#group = undefined;
    try {
      this.#log.atomically('append', () => {
        this.#intake.write(group.entries, group.bodies);
        this.#log.saveCohort(group.cohort);
      });
    } catch (error) {
      this.#intake.forget(group.cohort.round);
      return group.end(error);
    }
    group.end();
    this.#home.committed(group.cohort, group.effects);
  }

  #flushIn(ms: number, group: Group): void {
    setTimeout(() => this.#group === group && this.flush(), ms);
  }

  #add(group: Group, body: Uint8Array, claim: Claim): Promise<Entry> {
    const { volunteer, digest } = claim;
    const { round } = group.cohort;
    const staleness = admit(group.cohort, claim);
    const delta = this.#intake.check(body);
    const entry: Entry = {
      ...{ round, position: this.#intake.next(round), asked: claim.round, volunteer, digest },
      ...{ images: Math.min(claim.images, WEIGHT_LIMIT), staleness, bytes: body.length },
    };
    this.#intake.add(delta, entry);
    const step = reduceCohort(group.cohort, { kind: 'accepted', volunteer, bytes: body.length });
    return group.add({ entry, body, sumBytes: this.#intake.sumBytes(round) }, step);
  }
}
