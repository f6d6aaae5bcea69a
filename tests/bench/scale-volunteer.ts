import type { Random } from '../../shared/math/random.ts';
import { messageSize } from './scale-book.ts';
import { CROWD, MODEL } from './scale-settings.ts';
import type { Answer, SimShard, Surroundings, Tab } from './scale-shard.ts';

type Job = { round: number; version: number };

/** A body must come within this time (worker/rounds/upload.ts, for messages up to 1.2 MB). */
const PATIENCE_MS = 60_000;

const WEIGHT_BYTES = 4 * MODEL.parameters;

/** One tab: it comes, is asked, learns, and delivers; or goes away, or has nothing to say. */
export class Volunteer implements Tab {
  readonly id: string;
  readonly #shard: SimShard;
  readonly #s: Surroundings;
  readonly #uplink: number;
  readonly #downlink: number;
  #here = false;
  #job: Job | undefined;

  constructor(id: string, shard: SimShard, surroundings: Surroundings) {
    this.id = id;
    this.#shard = shard;
    this.#s = surroundings;
    const { random } = surroundings.network;
    this.#uplink = logNormal(random, CROWD.uplink);
    this.#downlink = logNormal(random, CROWD.downlink);
  }

  /** The project and a ticket are asked for once; the line costs a request each time. */
  come(first: boolean): void {
    const { tally, network } = this.#s;
    tally.add('workerRequests', first ? 3 : 1);
    tally.add('upgrades');
    // socket.io's greeting and `hello`.
    tally.add('socketIn', 2);
    this.#here = true;
    network.toTab(() => this.#shard.arrived(this));
  }

  assigned(round: number, version: number): void {
    if (!this.#here || (this.#job?.round === round && this.#job.version === version)) return;
    const job = { round, version };
    this.#job = job;
    const { tally, clock } = this.#s;
    tally.add('asked');
    tally.add('workerRequests');
    tally.add('r2Reads');
    tally.add('bytesDown', WEIGHT_BYTES);
    clock.after(msFor(WEIGHT_BYTES, this.#downlink), () => this.#learn(job));
  }

  closed(round: number): void {
    if (this.#job && this.#job.round <= round) this.#job = undefined;
  }

  sentAway(afterMs: number): void {
    const { clock, tally } = this.#s;
    if (!this.#here) return tally.add('sentAwayAgain');
    this.#leave();
    clock.after(afterMs, () => this.come(false));
  }

  #leave(): void {
    this.#here = false;
    this.#s.network.toTab(() => this.#shard.left(this.id));
  }

  #learn(job: Job): void {
    if (this.#job !== job) return;
    const { clock, tally, network } = this.#s;
    const ms = logNormal(network.random, CROWD.learning);
    const fate = network.random.next();
    const stays = network.random.next();
    if (fate < CROWD.leaving) {
      tally.add('socketIn', Math.round(CROWD.progress * stays));
      return clock.after(ms * stays, () => this.#giveUp(job));
    }
    if (fate < CROWD.leaving + CROWD.declining) return this.#decline(job);
    tally.add('socketIn', CROWD.progress);
    clock.after(ms, () => this.#send(job, clock.now));
  }

  #giveUp(job: Job): void {
    if (this.#job !== job) return;
    this.#job = undefined;
    this.#s.tally.add('gone');
    this.#leave();
  }

  /** It is known before the first step: no label that it is sure of. */
  #decline(job: Job): void {
    const { tally, network } = this.#s;
    tally.add('socketIn');
    tally.add('declined');
    network.toTab(() => this.#shard.declined(this.id, job.round));
  }

  #send(job: Job, since: number): void {
    if (this.#job !== job) return;
    const { tally, network } = this.#s;
    tally.add('workerRequests');
    tally.add('uploads');
    const transferMs = msFor(messageSize, this.#uplink);
    if (transferMs > PATIENCE_MS) {
      tally.add('tooSlow');
      return;
    }
    const claim = { volunteer: this.id, ...job };
    network.toTab(() =>
      this.#shard.take(claim, transferMs, (answer) =>
        network.toTab(() => this.#answered(job, since, answer)),
      ),
    );
  }

  #answered(job: Job, since: number, answer: Answer): void {
    const { tally, clock, network } = this.#s;
    if (answer === 'busy') {
      tally.add('busy');
      // As client/net/persist.ts: two seconds, and up to half more.
      return clock.after(2000 * (1 + network.random.next() / 2), () => this.#send(job, since));
    }
    tally.add(answer);
    if (answer === 'accepted') {
      tally.add('bytesUp', messageSize);
      tally.acks.push(clock.now - since);
    }
    if (this.#job === job) this.#job = undefined;
  }
}

function logNormal(random: Random, { median, sigma }: { median: number; sigma: number }): number {
  return median * Math.exp(sigma * random.normal());
}

/** Mbit/s are 125 bytes a millisecond each. */
function msFor(bytes: number, mbit: number): number {
  return bytes / (125 * mbit);
}
