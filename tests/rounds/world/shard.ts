import { admit } from '../../../shared/rounds/admit.ts';
import {
  beginCohort,
  reduceCohort,
  reportOf,
  type Cohort,
  type CohortEffect,
  type CohortEvent,
  type Mode,
} from '../../../shared/rounds/cohort.ts';
import type { News, Order, Report } from '../../../shared/rounds/orders.ts';
import { Problem } from '../../../shared/api/problem.ts';
import { deepFreeze } from './freeze.ts';
import type { Assigned, Delta, Entry } from './book.ts';
import { Life } from './life.ts';
import { Teller } from '../../../worker/rounds/teller.ts';

const RETRY_MS = 1000;
const BEAT_MS = 60_000;

/** What a shard has around it. */
export type Surroundings = {
  report(report: Report, alive: () => boolean): Promise<{ order: Order; news: News }>;
  stepped(before: Cohort, event: CohortEvent, after: Cohort, effects: CohortEffect[]): void;
  acknowledged(entry: Entry): void;
  assigned(volunteer: string, assignment: Assigned): void;
  failed(error: unknown): void;
  pauseMs: number;
};

/**
 * `worker/rounds/shard.ts` without a platform: the same order of steps, and the same of it stored.
 * Torn down it has lost everything that is not: what it had told, its stamp, perhaps its lines.
 */
export class Shard {
  readonly connected = new Set<string>();
  alarmAt: number | null = null;
  readonly #mode: Mode;
  readonly #around: Surroundings;
  #stored: string | undefined;
  #entries: Entry[] = [];
  #life: Life | undefined;
  #cohort!: Cohort;
  /** How far its clock is off. */
  #skew = 0;
  #teller: Teller | undefined;

  constructor(mode: Mode, around: Surroundings) {
    this.#mode = mode;
    this.#around = around;
  }

  /** As it is written down, or was before anything happened. */
  get cohort(): Cohort {
    const stored = this.#stored && (JSON.parse(this.#stored) as Cohort);
    return stored ? { ...stored, present: [] } : beginCohort(this.#mode);
  }

  /** Whether nothing has to be sent again. */
  get calm(): boolean {
    return !this.#life || this.#life.over || this.#teller!.retryAt() === null;
  }

  order(order: Order, news: News): Promise<Report> {
    return this.#use(() => this.#teller!.answer(order, news));
  }

  async arrive(volunteer: string): Promise<void> {
    this.connected.add(volunteer);
    this.#schedule();
    await this.#use(() => this.#dispatch({ kind: 'arrived', volunteer }));
  }

  async leave(volunteer: string): Promise<void> {
    this.connected.delete(volunteer);
    await this.#use(() => this.#dispatch({ kind: 'left', volunteer }));
  }

  async decline(volunteer: string, round: number): Promise<void> {
    await this.#use(() => this.#dispatch({ kind: 'declined', volunteer, round }));
  }

  /** @returns whether it was acknowledged: counted now, or before. */
  submit(delta: Delta): Promise<boolean> {
    return this.#use(() => this.#submit(delta));
  }

  /** The deltas of a round that are still there to be summed. */
  read(round: number): Entry[] {
    return this.#entries.filter((entry) => entry.round === round && !entry.dropped);
  }

  /** Deltas that are kept, of whatever round. */
  get held(): number {
    return this.#entries.filter(({ dropped }) => !dropped).length;
  }

  /** Torn down; with `lines`, only put to sleep: whoever is connected stays so. */
  crash(lines: boolean, skew: number): void {
    this.#life?.end();
    if (!lines) this.connected.clear();
    this.#skew = skew;
  }

  async alarm(): Promise<void> {
    this.alarmAt = null;
    try {
      await this.#use(async () => {
        await this.#teller!.retry();
        this.#schedule();
      });
    } catch (error) {
      this.#around.failed(error);
      // The platform rings again.
      this.alarmAt ??= Date.now() + RETRY_MS;
    }
  }

  /** @throws when it is torn down meanwhile, or cannot wake up */
  #use<T>(work: () => T | Promise<T>): Promise<T> {
    if (!this.#life || this.#life.over) this.#life = new Life((alive) => this.#wake(alive));
    return this.#life.use(work);
  }

  async #wake(alive: () => boolean): Promise<void> {
    const stored = this.cohort;
    this.#cohort = deepFreeze(stored);
    this.#teller = this.#newTeller(alive);
    await this.#teller.exchange();
    for (const volunteer of this.connected) this.#dispatch({ kind: 'arrived', volunteer });
    for (const [volunteer, { as }] of Object.entries(stored.members))
      if (as === 'asked' && !this.#cohort.present.includes(volunteer))
        this.#dispatch({ kind: 'left', volunteer });
    void this.#teller.tell();
  }

  #newTeller(alive: () => boolean): Teller {
    return new Teller({
      standing: () => ({ ...reportOf(this.#cohort), listening: this.connected.size > 0 }),
      report: (report) =>
        // Timers of one that was torn down are gone with it.
        alive() ? this.#around.report(report, alive) : new Promise(() => undefined),
      take: (order) => this.#dispatch({ kind: 'ordered', order }),
      failed: () => this.#schedule(),
      now: () => Date.now() + this.#skew,
      pause: () => this.#around.pauseMs,
    });
  }

  #submit({ digest, volunteer, round: asked, version, bytes }: Delta): boolean {
    const claimed = (entry: Entry) =>
      entry.asked === asked && entry.volunteer === volunteer && entry.digest === digest;
    if (this.#entries.some(claimed)) return true;
    let staleness: number;
    try {
      staleness = admit(this.#cohort, { volunteer, round: asked, version });
    } catch (error) {
      if (error instanceof Problem) return false;
      throw error;
    }
    const { round } = this.#cohort;
    const entry = { round, asked, volunteer, digest, version, staleness, bytes, dropped: false };
    this.#entries.push(entry);
    this.#dispatch({ kind: 'accepted', volunteer, bytes });
    this.#around.acknowledged(entry);
    return true;
  }

  #dispatch(event: CohortEvent): void {
    const before = this.#cohort;
    const { cohort, effects } = reduceCohort(before, event);
    this.#around.stepped(before, event, deepFreeze(cohort), effects);
    if (cohort === before && effects.length === 0) return;
    const { present: _, ...kept } = cohort;
    this.#stored = JSON.stringify(kept);
    this.#cohort = cohort;
    for (const effect of effects) this.#perform(effect);
    if (event.kind !== 'ordered') void this.#teller!.tell();
  }

  #perform(effect: CohortEffect): void {
    if (effect.kind === 'settle')
      for (const entry of this.#entries) entry.dropped ||= entry.round <= effect.round;
    if (effect.kind === 'assign') {
      const { volunteer, member, base } = effect;
      this.#around.assigned(volunteer, { round: member.round, version: base.version });
    }
  }

  #schedule(): void {
    const beat = this.connected.size > 0 ? Date.now() + BEAT_MS : null;
    const times = [beat, this.#teller?.retryAt() ?? null].filter((time) => time !== null);
    if (times.length > 0) this.alarmAt = Math.min(...times);
  }
}
