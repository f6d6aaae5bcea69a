import type { TrainingState } from '../../shared/protocol/messages.ts';
import type { News, Order, Report } from '../../shared/rounds/orders.ts';
import type { Content } from '../../shared/rounds/orders-of.ts';
import { headlineOf } from './bulletin.ts';

/** An order that did not get through is sent again after this long. */
const RETRY_MS = 1000;

export type Post = {
  send(shard: number, order: Order, news: News): Promise<Report>;
  hear(shard: number, report: Report): void;
  /** Something has to be sent again: see `retryAt`. */
  failed(): void;
  background(work: Promise<void>): void;
  /** Milliseconds between two orders that could wait, and between two calls for the news alone. */
  pauses(): { orders: number; news: number };
};

type Shard = {
  /** What it should hear, and what it has taken, as text to compare. */
  wanted: string;
  content: Content;
  stamp: number;
  taken: number;
  heard: number;
  /** Stamp of the last order that cannot wait. */
  urgent: number;
  /** When it last heard what it should do, and how things stand. */
  calledAt: number;
  newsAt: number;
  newsTaken: number;
  listening: boolean;
  sending: boolean;
  /** It could not be reached: what it has not taken waits for `retry`, or for something new. */
  lost: boolean;
};

/**
 * The coordinator's side of the talk with its shards: who has to be told what, one message to each
 * at a time. Orders are levels and not edges: whatever was lost is in the next one. Where only a
 * number is another, a shard that has been told something just now is not called for it: most report
 * meanwhile, and have it in the answer.
 */
export class Desk {
  readonly #post: Post;
  /** No two lives of an object give the same stamp, however far one ran ahead of the clock. */
  readonly #life = Math.random();
  #shards: Shard[] = [];
  #stamp = 0;
  #news: News = { stamp: 0, state: {} as TrainingState };
  /** Stamp of the last news that somebody waits for. */
  #headline = 0;
  /** The next time that something is due which could wait. */
  #timer: { at: number; id: ReturnType<typeof setTimeout> } | undefined;
  #retryAt: number | null = null;

  constructor(post: Post) {
    this.#post = post;
  }

  /**
   * What every shard should hear, and what people may know; quietly: when there is more to tell.
   * Resolves when whoever was sent something has answered, or could not be reached.
   */
  tell(
    contents: Content[],
    state: TrainingState,
    reports: readonly (Report | null)[],
    quietly = false,
  ): Promise<unknown> {
    contents.forEach((content, shard) => {
      const known = (this.#shards[shard] ??= newShard(content));
      const wanted = JSON.stringify(content);
      known.listening = reports[shard]?.listening ?? false;
      if (wanted === known.wanted) return;
      const stamp = this.#nextStamp();
      const urgent = known.wanted === '' || !sameButNumbers(known.content, content);
      Object.assign(known, { wanted, content, stamp, lost: false });
      if (urgent) known.urgent = stamp;
    });
    this.#hear(state);
    return quietly ? Promise.resolve() : this.#sendDue();
  }

  /** News for those who listen, at once if they had none for a while. */
  announce(state: TrainingState): void {
    if (this.#hear(state)) void this.#sendDue();
  }

  /** What a shard that reports is told, once the report has been dealt with: it is sent nothing meanwhile. */
  answer(shard: number, report: Report, deal: () => void): { order: Order; news: News } {
    const known = this.#shards[shard] as Shard;
    this.#note(known, report);
    const { sending } = known;
    known.sending = true;
    try {
      deal();
    } finally {
      known.sending = sending;
    }
    // Should the answer get lost, the next report says so.
    known.taken = known.stamp;
    known.newsTaken = this.#news.stamp;
    known.calledAt = known.newsAt = Date.now();
    return { order: orderFor(known), news: this.#news };
  }

  /** When something has to be sent again; null when all has got through. */
  retryAt(): number | null {
    return this.#retryAt;
  }

  retry(): void {
    if (this.#retryAt === null || Date.now() < this.#retryAt) return;
    this.#retryAt = null;
    for (const shard of this.#shards) shard.lost = false;
    void this.#sendDue();
  }

  #hear(state: TrainingState): boolean {
    if (JSON.stringify(state) === JSON.stringify(this.#news.state)) return false;
    const isHeadline = headlineOf(state) !== headlineOf(this.#news.state);
    this.#news = { stamp: this.#nextStamp(), state };
    if (isHeadline) this.#headline = this.#news.stamp;
    return true;
  }

  /** Sends what is due by now, and comes back for what is not. */
  #sendDue(): Promise<unknown> {
    const now = Date.now();
    const pauses = this.#post.pauses();
    const sent: Promise<void>[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const [index, shard] of this.#shards.entries()) {
      if (shard.sending) continue;
      const at = this.#dueAt(shard, pauses);
      if (at <= now) sent.push(this.#send(shard, index));
      else next = Math.min(next, at);
    }
    this.#comeBackAt(next);
    for (const one of sent) this.#post.background(one);
    return Promise.all(sent);
  }

  /** When a shard is to be called; never, where it has taken all. */
  #dueAt(shard: Shard, pauses: { orders: number; news: number }): number {
    const { taken, stamp, urgent, lost, listening, newsTaken, calledAt, newsAt } = shard;
    let at = Number.POSITIVE_INFINITY;
    if (lost) return at;
    if (taken < stamp) at = taken < urgent ? 0 : calledAt + pauses.orders;
    if (listening && newsTaken < this.#news.stamp)
      at = Math.min(at, newsTaken < this.#headline ? 0 : newsAt + pauses.news);
    return at;
  }

  #comeBackAt(at: number): void {
    if (at === Number.POSITIVE_INFINITY || (this.#timer && this.#timer.at <= at)) return;
    clearTimeout(this.#timer?.id);
    const work = () => {
      this.#timer = undefined;
      void this.#sendDue();
    };
    this.#timer = { at, id: setTimeout(work, at - Date.now()) };
  }

  async #send(shard: Shard, index: number): Promise<void> {
    shard.sending = true;
    try {
      do {
        const news = this.#news;
        shard.calledAt = shard.newsAt = Date.now();
        const report = await this.#post.send(index, orderFor(shard), news);
        shard.newsTaken = Math.max(shard.newsTaken, news.stamp);
        this.#note(shard, report);
        this.#post.hear(index, report);
      } while (this.#dueAt(shard, this.#post.pauses()) <= Date.now());
    } catch (error) {
      console.warn('order', index, error);
      // Whether it has been taken is not known, whatever was made of a report meanwhile.
      Object.assign(shard, { taken: 0, lost: true });
      this.#retryAt = Date.now() + RETRY_MS;
      this.#post.failed();
    } finally {
      shard.sending = false;
      this.#comeBackAt(this.#dueAt(shard, this.#post.pauses()));
    }
  }

  /** What a report says of the stamps. A shard may have seen greater ones, of a clock that ran ahead. */
  #note(shard: Shard, { stamp, ordered }: Report): void {
    shard.heard = Math.max(shard.heard, stamp);
    shard.taken = ordered;
    shard.lost = false;
    if (ordered <= shard.stamp) return;
    this.#stamp = Math.max(this.#stamp, ordered);
    shard.stamp = shard.urgent = this.#nextStamp();
  }

  #nextStamp(): number {
    // What was heard may be of another life: its fraction is not taken over.
    const whole = Math.max(Date.now(), Math.floor(this.#stamp) + 1);
    return (this.#stamp = whole + this.#life);
  }
}

function newShard(content: Content): Shard {
  return {
    ...{ wanted: '', content, stamp: 0, taken: 0, heard: 0, urgent: 0 },
    ...{ calledAt: 0, newsAt: 0, newsTaken: 0, listening: false, sending: false, lost: false },
  };
}

function orderFor({ content, stamp, heard }: Shard): Order {
  return { ...content, stamp, heard };
}

/**
 * How many to ask and to send away moves with every report of every shard, and so may the reason: it
 * is read by whoever is told to close, and that order has the last one.
 */
function sameButNumbers(a: Content, b: Content): boolean {
  const rest = (of: Content) => JSON.stringify({ ...of, quota: 0, surplus: null, reason: '' });
  return rest(a) === rest(b);
}
