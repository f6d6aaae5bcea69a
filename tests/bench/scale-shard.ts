import { Problem } from '../../shared/api/problem.ts';
import { admit, type Claim } from '../../shared/rounds/admit.ts';
import {
  beginCohort,
  reduceCohort,
  reportOf,
  type Cohort,
  type CohortEffect,
  type CohortEvent,
  type Mode,
} from '../../shared/rounds/cohort.ts';
import type { News, Order, Report } from '../../shared/rounds/orders.ts';
import { spread } from '../../shared/rounds/pace.ts';
import { Bulletin } from '../../worker/rounds/bulletin.ts';
import { callPauseMs } from '../../worker/rounds/pauses.ts';
import { Slots } from '../../worker/rounds/slots.ts';
import { Teller } from '../../worker/rounds/teller.ts';
import type { Clock } from './scale-clock.ts';
import { Book, messageSize } from './scale-book.ts';
import type { Network } from './scale-network.ts';
import { EDGE } from './scale-settings.ts';
import type { Tally } from './scale-tally.ts';

/** The coordinator, as a shard calls it. */
export type RootEnd = {
  report(shard: number, report: Report, answer: (order: Order, news: News) => void): void;
};

/** A volunteer's end of its line. */
export type Tab = {
  readonly id: string;
  assigned(round: number, version: number): void;
  closed(round: number): void;
  sentAway(afterMs: number): void;
};

/** What becomes of an upload; `busy` may be tried again. */
export type Answer = 'accepted' | 'refused' | 'busy';

export type Surroundings = { clock: Clock; network: Network; tally: Tally };

/**
 * worker/rounds/shard.ts without the platform: the same machine, the same queue for bodies, the very
 * teller and bulletin. What it would write and send is counted. Nothing ever fails here.
 */
export class SimShard {
  readonly #index: number;
  readonly #root: RootEnd;
  readonly #s: Surroundings;
  readonly #slots = new Slots(messageSize);
  readonly #book: Book;
  readonly #tabs = new Map<string, Tab>();
  readonly #teller: Teller;
  readonly #bulletin: Bulletin;
  #cohort: Cohort;
  #newsStamp = 0;
  #said: { of: Cohort; report: ReturnType<typeof reportOf> } | undefined;
  #busyUntil = 0;
  #beating = false;
  mostLines = 0;

  constructor(
    index: number,
    { mode, shards }: { mode: Mode; shards: number },
    root: RootEnd,
    surroundings: Surroundings,
  ) {
    this.#index = index;
    this.#root = root;
    this.#s = surroundings;
    this.#book = new Book(surroundings.tally);
    this.#cohort = beginCohort(mode);
    const { clock } = surroundings;
    this.#teller = new Teller({
      standing: () => this.#standing(),
      report: (report) => this.#report(report),
      take: (order, news) => this.#take(order, news),
      failed: () => undefined,
      now: () => Math.floor(clock.now),
      pause: () => callPauseMs(shards),
    });
    this.#bulletin = new Bulletin({
      publish: (state) => this.#publish(JSON.stringify(state).length),
      lines: () => this.#tabs.size,
      now: () => clock.now,
      after: (ms, work) => clock.after(ms, work),
    });
  }

  get cohort(): Cohort {
    return this.#cohort;
  }

  arrived(tab: Tab): void {
    this.#tabs.set(tab.id, tab);
    this.mostLines = Math.max(this.mostLines, this.#tabs.size);
    // `state` on connecting, and again as the answer to `hello`.
    this.#s.tally.add('socketOut', 4);
    this.#beat();
    this.#dispatch({ kind: 'arrived', volunteer: tab.id });
  }

  left(volunteer: string): void {
    if (this.#tabs.delete(volunteer)) this.#dispatch({ kind: 'left', volunteer });
  }

  declined(volunteer: string, round: number): void {
    this.#dispatch({ kind: 'declined', volunteer, round });
  }

  /** From the coordinator: how things should stand. @returns how they do. */
  order(order: Order, news: News): Report {
    return this.#teller.answer(order, news);
  }

  /** As `#take` there: what is refused is refused before its bytes are asked for, then it takes its turn. */
  take(claim: Claim, transferMs: number, answer: (answer: Answer) => void): void {
    if (!this.#admits(claim)) return answer('refused');
    const { clock, tally } = this.#s;
    const since = clock.now;
    const leave = (what: Answer) => {
      this.#slots.leave();
      answer(what);
    };
    const whole = () => this.#inTurn(() => leave(this.#count(claim)));
    const entered = () => {
      tally.slotWaits.push(clock.now - since);
      clock.after(transferMs, whole);
    };
    const entry = this.#slots.enter();
    if (!entry) return answer('busy');
    void entry.then(entered);
  }

  /** An object does one thing at a time. */
  #inTurn(work: () => void): void {
    const { clock } = this.#s;
    const ms = (EDGE.takeMsPerMb * messageSize) / 1e6;
    this.#busyUntil = Math.max(this.#busyUntil, clock.now) + ms;
    clock.at(this.#busyUntil, work);
  }

  #count(claim: Claim): Answer {
    if (!this.#admits(claim)) return 'refused';
    this.#book.append(this.#cohort.round);
    this.#dispatch({ kind: 'accepted', volunteer: claim.volunteer, bytes: messageSize });
    return 'accepted';
  }

  #admits(claim: Claim): boolean {
    try {
      admit(this.#cohort, claim);
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return false;
    }
  }

  #dispatch(event: CohortEvent): void {
    const before = this.#cohort;
    const { cohort, effects } = reduceCohort(before, event);
    if (cohort === before && effects.length === 0) return;
    if (!sameButPresent(before, cohort)) this.#book.cohort();
    this.#cohort = cohort;
    for (const effect of effects) this.#perform(effect);
    if (event.kind !== 'ordered') void this.#teller.tell();
  }

  #perform(effect: CohortEffect): void {
    const { tally, network } = this.#s;
    if (effect.kind === 'settle') return this.#book.settle(effect.round);
    if (effect.kind === 'assign') {
      const { volunteer, member } = effect;
      return this.#say([volunteer], (tab) => tab.assigned(member.round, member.version));
    }
    if (effect.kind === 'dismiss') {
      tally.add('dismissed', effect.volunteers.length);
      return this.#say(effect.volunteers, (tab) => tab.closed(effect.round));
    }
    tally.add('sentAway', effect.volunteers.length);
    this.#say(effect.volunteers, (tab) =>
      tab.sentAway(spread(effect.retryAfterMs, network.random.next())),
    );
  }

  #say(volunteers: readonly string[], word: (tab: Tab) => void): void {
    for (const id of volunteers) {
      const tab = this.#tabs.get(id);
      if (!tab) continue;
      this.#s.tally.add('socketOut');
      this.#s.network.toTab(() => word(tab));
    }
  }

  #take(order: Order, news: News): void {
    this.#dispatch({ kind: 'ordered', order });
    if (news.stamp <= this.#newsStamp) return;
    this.#newsStamp = news.stamp;
    this.#bulletin.hear(news.state);
  }

  /** News go to every line: each is a message of its own. */
  #publish(bytes: number): void {
    const { tally } = this.#s;
    tally.add('socketOut', this.#tabs.size);
    tally.add('news', this.#tabs.size);
    tally.add('newsBytes', this.#tabs.size * bytes);
  }

  #report(report: Report): Promise<{ order: Order; news: News }> {
    const { network } = this.#s;
    return new Promise((resolve) =>
      network.hop(() =>
        this.#root.report(this.#index, report, (order, news) =>
          network.hop(() => resolve({ order, news })),
        ),
      ),
    );
  }

  #standing(): Omit<Report, 'stamp'> {
    // The same cohort says the same.
    if (this.#said?.of !== this.#cohort)
      this.#said = { of: this.#cohort, report: reportOf(this.#cohort) };
    return { ...this.#said.report, listening: this.#tabs.size > 0 };
  }

  /** Pings every minute by an alarm, which is set again: two rows with the time of the ping. */
  #beat(): void {
    if (this.#beating) return;
    this.#beating = true;
    this.#s.clock.after(60_000, () => {
      this.#beating = false;
      const { tally } = this.#s;
      tally.add('alarms');
      tally.add('rowsWritten', 2);
      tally.add('socketOut', this.#tabs.size);
      tally.add('socketIn', this.#tabs.size);
      if (this.#tabs.size > 0) this.#beat();
    });
  }
}

/** As in worker/rounds/shard.ts: who is here is not kept. */
function sameButPresent(a: Cohort, b: Cohort): boolean {
  return (Object.keys(b) as (keyof Cohort)[]).every(
    (key) => key === 'present' || a[key] === b[key],
  );
}
