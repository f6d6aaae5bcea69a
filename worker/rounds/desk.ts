import type { TrainingState } from '../../shared/protocol/messages.ts';
import type { News, Order, Report } from '../../shared/rounds/orders.ts';
import type { Content } from '../../shared/rounds/orders-of.ts';

/** News go out this often at most: they are for people to look at. */
const NEWS_MS = 200;

/** An order that did not get through is sent again after this long. */
const RETRY_MS = 1000;

export type Post = {
  send(shard: number, order: Order, news: News): Promise<Report>;
  hear(shard: number, report: Report): void;
  /** Something has to be sent again: see `retryAt`. */
  failed(): void;
  background(work: Promise<void>): void;
};

type Shard = {
  /** What it should hear, and what it has taken, as text to compare. */
  wanted: string;
  content: Content;
  stamp: number;
  taken: number;
  heard: number;
  listening: boolean;
  newsTaken: number;
  sending: boolean;
};

/**
 * The coordinator's side of the talk with its shards: who has to be told what, one message to each
 * at a time. Orders are levels and not edges: whatever was lost is in the next one.
 */
export class Desk {
  readonly #post: Post;
  /** No two lives of an object give the same stamp, however far one ran ahead of the clock. */
  readonly #life = Math.random();
  #shards: Shard[] = [];
  #stamp = 0;
  #news: News = { stamp: 0, state: {} as TrainingState };
  #lastNews = 0;
  /** Whoever listens is to hear the news of this stamp, or later ones. */
  #due = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
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
      Object.assign(known, { wanted, content, stamp: this.#nextStamp() });
    });
    this.announce(state);
    return quietly ? Promise.resolve() : this.#sendAll(isBehind);
  }

  /** News for those who listen, at once if there were none for a while. */
  announce(state: TrainingState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#news.state)) return;
    this.#news = { stamp: this.#nextStamp(), state };
    if (this.#timer) return;
    const wait = this.#lastNews + NEWS_MS - Date.now();
    if (wait <= 0) this.#spread();
    else this.#timer = setTimeout(() => this.#spread(), wait);
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
    return { order: orderFor(known), news: this.#news };
  }

  /** When something has to be sent again; null when all has got through. */
  retryAt(): number | null {
    return this.#retryAt;
  }

  retry(): void {
    if (this.#retryAt === null || Date.now() < this.#retryAt) return;
    this.#retryAt = null;
    void this.#sendAll(isBehind);
  }

  #spread(): void {
    this.#timer = undefined;
    this.#lastNews = Date.now();
    this.#due = this.#news.stamp;
    void this.#sendAll((shard) => this.#misses(shard));
  }

  #misses({ listening, newsTaken }: Shard): boolean {
    return listening && newsTaken < this.#due;
  }

  #sendAll(due: (shard: Shard) => boolean): Promise<unknown> {
    const sent = this.#shards.flatMap((shard, index) =>
      due(shard) && !shard.sending ? [this.#send(shard, index)] : [],
    );
    for (const one of sent) this.#post.background(one);
    return Promise.all(sent);
  }

  async #send(shard: Shard, index: number): Promise<void> {
    shard.sending = true;
    try {
      do {
        const news = this.#news;
        const report = await this.#post.send(index, orderFor(shard), news);
        shard.newsTaken = news.stamp;
        this.#note(shard, report);
        this.#post.hear(index, report);
      } while (isBehind(shard) || this.#misses(shard));
    } catch (error) {
      console.warn('order', index, error);
      // Whether it has been taken is not known, whatever was made of a report meanwhile.
      shard.taken = 0;
      this.#retryAt = Date.now() + RETRY_MS;
      this.#post.failed();
    } finally {
      shard.sending = false;
    }
  }

  /** What a report says of the stamps. A shard may have seen greater ones, of a clock that ran ahead. */
  #note(shard: Shard, { stamp, ordered }: Report): void {
    shard.heard = Math.max(shard.heard, stamp);
    shard.taken = ordered;
    if (ordered <= shard.stamp) return;
    this.#stamp = Math.max(this.#stamp, ordered);
    shard.stamp = this.#nextStamp();
  }

  #nextStamp(): number {
    // What was heard may be of another life: its fraction is not taken over.
    const whole = Math.max(Date.now(), Math.floor(this.#stamp) + 1);
    return (this.#stamp = whole + this.#life);
  }
}

function newShard(content: Content): Shard {
  return {
    ...{ wanted: '', content, stamp: 0, taken: 0, heard: 0 },
    ...{ listening: false, newsTaken: 0, sending: false },
  };
}

function orderFor({ content, stamp, heard }: Shard): Order {
  return { ...content, stamp, heard };
}

function isBehind({ taken, stamp }: Shard): boolean {
  return taken < stamp;
}
