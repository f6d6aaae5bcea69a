import type { News, Order, Report } from '../../shared/rounds/orders.ts';

/** A report that did not get through is tried again after this long. */
const RETRY_MS = 1000;

/** A shard, as far as it has to do with its coordinator. */
export type Home = {
  standing(): Omit<Report, 'stamp'>;
  report(report: Report): Promise<{ order: Order; news: News }>;
  take(order: Order, news: News): void;
  /** Something has to be sent again: see `retryAt`. */
  failed(): void;
  now(): number;
  /** Milliseconds between two reports of mere counts. */
  pause(): number;
};

/**
 * A shard's side of the talk with its coordinator, as `Desk` is the other: one report at a time, and
 * another while something has changed since the last that was heard. Counts wait for a pause; that a
 * round was opened or sealed, which everybody waits for, does not.
 */
export class Teller {
  readonly #home: Home;
  /** No two lives of an object give the same stamp, however far one ran ahead of the clock. */
  readonly #life = Math.random();
  #stamp = 0;
  /** What the coordinator knows, as text to compare. */
  #told = '';
  #step = '';
  #saidAt = 0;
  #telling: Promise<void> | undefined;
  /** Those who wait until a report that was made after they came has been heard. */
  #waiting: (() => void)[] = [];
  #retryAt: number | null = null;

  constructor(home: Home) {
    this.#home = home;
  }

  /** Takes an order. @returns how things stand then, which the coordinator hears in the answer. */
  answer(order: Order, news: News): Report {
    this.#stamp = Math.max(this.#stamp, order.heard);
    this.#home.take(order, news);
    const report = this.#make();
    this.#knows(report);
    return report;
  }

  /**
   * Says what has changed since the last time, if anything has. Resolves when the coordinator knows
   * how things stand now, or could not be reached: not when nothing changes any more, which in a
   * crowd may be never.
   */
  tell(): Promise<void> {
    if (!this.#telling && !this.#changed()) return Promise.resolve();
    const heard = new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#telling ??= this.#tellAll();
    return heard;
  }

  /** One report, and the order that it is answered with. @throws when it does not get through */
  async exchange(): Promise<void> {
    const report = this.#make();
    const { order, news } = await this.#home.report(report);
    // Overtaken by an answer to an order, or by what this shard said before it was torn down.
    const late = Math.max(this.#stamp, order.heard) > report.stamp;
    this.answer(order, news);
    // What the order changed the coordinator has not heard yet.
    if (late) this.#told = '';
    else this.#knows(report);
  }

  /** When a report has to be sent again; null when all got through. */
  retryAt(): number | null {
    return this.#retryAt;
  }

  async retry(): Promise<void> {
    if (this.#retryAt === null || Date.now() < this.#retryAt) return;
    this.#retryAt = null;
    await this.tell();
  }

  async #tellAll(): Promise<void> {
    let heard: (() => void)[] = [];
    try {
      do {
        const ms = this.#pauseMs();
        if (ms > 0) await new Promise<void>((resolve) => setTimeout(resolve, ms));
        heard = this.#waiting.splice(0);
        // An order that was answered meanwhile has said it all.
        if (this.#changed()) await this.exchange();
        for (const resolve of heard) resolve();
      } while (this.#changed());
    } catch (error) {
      console.warn('report', error);
      // It may have been heard all the same.
      this.#told = '';
      this.#retryAt = Date.now() + RETRY_MS;
      this.#home.failed();
    } finally {
      this.#telling = undefined;
      for (const resolve of [...heard, ...this.#waiting.splice(0)]) resolve();
    }
  }

  #pauseMs(): number {
    if (stepOf(this.#home.standing()) !== this.#step) return 0;
    // A clock that was set back holds nothing up for longer than a pause.
    return Math.min(this.#saidAt - this.#home.now(), 0) + this.#home.pause();
  }

  #changed(): boolean {
    return contentOf(this.#home.standing()) !== this.#told;
  }

  #knows(report: Report): void {
    this.#told = contentOf(report);
    this.#step = stepOf(report);
  }

  #make(): Report {
    this.#saidAt = this.#home.now();
    // Later than any before, after a restart too.
    this.#stamp = Math.max(this.#saidAt, Math.floor(this.#stamp) + 1) + this.#life;
    return { ...this.#home.standing(), stamp: this.#stamp };
  }
}

/** What makes a report worth sending. */
function contentOf(report: Omit<Report, 'stamp'>): string {
  const { stamp: _, ordered: __, ...rest } = report as Report;
  return JSON.stringify(rest);
}

/** What makes it urgent. */
function stepOf({ round, open, sealed }: Omit<Report, 'stamp'>): string {
  return JSON.stringify([round, open, sealed.round]);
}
