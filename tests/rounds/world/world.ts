import assert from 'node:assert/strict';
import { vi } from 'vitest';
import { presence, type RoundRules } from '../../../shared/rounds/round.ts';
import { Book, type Assigned } from './book.ts';
import { checkCohort, checkEffects, checkRounds, checkState } from './checks.ts';
import { Coordinator } from './coordinator.ts';
import { Network } from './network.ts';
import { Server, type Result } from './server.ts';
import { Shard } from './shard.ts';

/** A flush that needs more messages than this, for every shard, would go on for ever. */
const MOST_MESSAGES = 60;

/** What can wait does so this long, in projects of more shards than two. */
const PAUSE_MS = 20;

/**
 * A project in one thread: the coordinator and its shards as they are, on a network and at times
 * that a test decides on, and volunteers that do what they are told. After every event it checks
 * what has to hold in every state, and its book that no delta is lost or counted twice.
 */
export class World {
  readonly network = new Network();
  readonly book: Book;
  readonly coordinator: Coordinator;
  readonly server = new Server();
  readonly shards: Shard[];
  /** Assignments that each volunteer has received, the last one first. */
  readonly assigned = new Map<string, Assigned[]>();
  readonly phases = new Set<string>();
  readonly #rules: RoundRules;
  #sent = 0;
  /** It came to nothing, since the shard was torn down: whoever wanted it would try again. */
  readonly #forgive = (error: unknown) => this.network.forgive(error);

  constructor(rules: RoundRules) {
    vi.clearAllTimers();
    vi.setSystemTime(1_000_000);
    // Of a message that did not get through: any other error would go unseen there.
    vi.spyOn(console, 'warn').mockImplementation((...words) => this.#forgive(words.at(-1)));
    this.#rules = rules;
    this.book = new Book(rules);
    this.coordinator = new Coordinator(rules, {
      order: (shard, order, news, alive) =>
        this.network.call(() => this.shards[shard]!.order(order, news), alive),
      stepped: (before, event, after, effects) => {
        this.phases.add(after.phase);
        if (after !== before) checkState(after);
        checkRounds(before, after, effects);
        this.book.stepped(before, event, after, effects);
      },
      finetune: (job) => this.server.start(job),
      pauseMs: pauseOf(rules),
    });
    this.shards = Array.from({ length: rules.shards }, (_, index) => this.#shard(index));
    this.phases.add(this.coordinator.state.phase);
  }

  #shard(index: number): Shard {
    return new Shard(this.#rules.mode, {
      report: (report, alive) =>
        this.network.call(async () => this.coordinator.report(index, report), alive),
      stepped: (before, event, after, effects) => {
        if (after !== before) checkCohort(after);
        checkEffects(before, event, after, effects);
        for (const effect of effects) if (effect.kind === 'settle') this.book.settled(effect.round);
      },
      acknowledged: (entry) => this.book.acknowledged(entry),
      assigned: (volunteer, assignment) =>
        this.assigned.set(volunteer, [assignment, ...(this.assigned.get(volunteer) ?? [])]),
      failed: this.#forgive,
      pauseMs: pauseOf(this.#rules),
    });
  }

  /** Whose shard it is: 'a' has the first, 'b' the second, and so on around. */
  home(volunteer: string): Shard {
    return this.shards[(volunteer.charCodeAt(0) - 97) % this.shards.length]!;
  }

  get mode(): RoundRules['mode'] {
    return this.#rules.mode;
  }

  isConnected(volunteer: string): boolean {
    return this.home(volunteer).connected.has(volunteer);
  }

  arrive(volunteer: string): void {
    this.home(volunteer).arrive(volunteer).catch(this.#forgive);
  }

  leave(volunteer: string): void {
    this.home(volunteer).leave(volunteer).catch(this.#forgive);
  }

  /** @param nth which of its assignments it answers: 0 is the last */
  deliver(volunteer: string, nth: number): void {
    const assignment = this.assigned.get(volunteer)?.[nth];
    if (assignment) this.send(volunteer, { ...assignment, digest: `digest ${++this.#sent}` });
  }

  decline(volunteer: string, nth: number): void {
    const assignment = this.assigned.get(volunteer)?.[nth];
    if (assignment) this.home(volunteer).decline(volunteer, assignment.round).catch(this.#forgive);
  }

  /** Twice, as an impatient one does: the second is the same delta, whatever came of the first. */
  send(volunteer: string, { round, version, digest }: Assigned & { digest: string }): void {
    const delta = { volunteer, round, version, digest, bytes: 1 + (this.#sent % 7) };
    const again = () => this.home(volunteer).submit(delta);
    again().then(again).catch(this.#forgive);
  }

  get working(): boolean {
    return this.coordinator.summing !== undefined || this.server.job !== undefined;
  }

  /** Finishes the work that is under way, well or badly. */
  work(result: Result): void {
    const { coordinator, server } = this;
    if (coordinator.summing !== undefined) return this.#sum(result);
    const { job } = server;
    if (!job) return;
    server.job = undefined;
    if (result === 'failed') return coordinator.failed(job.round, 'out of memory');
    coordinator.judged(job.round, server.judge(job, result));
  }

  #sum(result: Result): void {
    const { coordinator } = this;
    const round = coordinator.summing!;
    coordinator.summing = undefined;
    if (result === 'failed') return coordinator.failed(round, 'out of memory');
    const { state } = coordinator;
    if (state.round !== round || state.phase !== 'aggregating') return;
    // As the coordinator does: whoever said that it has nothing is not asked.
    const sources = this.shards.filter((_, i) => state.shards[i]?.sealed.counts.accepted);
    const entries = sources.flatMap((shard) => shard.read(round));
    this.book.aggregated(round, state.bases, entries);
    coordinator.aggregated(round);
  }

  /** The last verdict comes again; or word of a failure, of work that was done twice. */
  stray(kind: 'judged' | 'failed'): void {
    const { coordinator, server } = this;
    if (kind === 'failed') coordinator.failed(coordinator.state.round, 'lost');
    else if (server.last) coordinator.judged(server.last.round, server.last.verdict);
  }

  /** An admin makes an earlier version live. */
  move(choice: number): void {
    const to = this.server.move(choice);
    if (to) this.coordinator.send({ kind: 'moved', ...to });
  }

  /** Everything that has begun goes on until it waits for the network, or for the clock. */
  async pause(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.network.assertSound();
  }

  /** Time passes, and alarms ring that are due. */
  async tick(ms: number): Promise<void> {
    vi.advanceTimersByTime(ms);
    if (isDue(this.coordinator.alarmAt)) this.coordinator.alarm();
    for (const shard of this.shards) if (isDue(shard.alarmAt)) void shard.alarm();
    await this.pause();
  }

  /** Until the next alarm, of anyone's. */
  async ring(): Promise<void> {
    const alarms = [this.coordinator, ...this.shards].flatMap(({ alarmAt }) => alarmAt ?? []);
    if (alarms.length > 0) await this.tick(Math.max(0, Math.min(...alarms) - Date.now()));
  }

  /** All that is under way or waits for a pause arrives, in its order, and so does what comes of it. */
  async flush(): Promise<void> {
    for (let n = 0; this.network.size > 0 || vi.getTimerCount() > 0; n++) {
      assert.ok(n < MOST_MESSAGES * this.shards.length, 'they never stop talking');
      if (this.network.size > 0) this.network.decide(0, 'arrives');
      else vi.advanceTimersToNextTimer();
      await this.pause();
    }
  }

  /** Nobody does anything any more; but alarms ring, messages arrive and work gets done. */
  async comeToRest(): Promise<void> {
    void this.coordinator.state;
    for (const shard of this.shards) void shard.alarm();
    const silent = this.#silent();
    for (let i = 0; i < 200; i++) {
      await this.flush();
      if (this.working) this.work('kept');
      else if (this.#restless()) await this.ring();
      else if (this.network.size === 0) break;
    }
    this.#checkRest();
    assert.equal(this.#silent(), silent, 'a shard was given up that could be reached');
  }

  /** Rounds that were given up because a shard did not say what it has. */
  #silent(): number {
    const { outcomes } = this.coordinator;
    return outcomes.filter(({ reason }) => reason === 'a shard does not answer').length;
  }

  #restless(): boolean {
    return this.coordinator.alarmAt !== null || this.shards.some(({ calm }) => !calm);
  }

  #checkRest(): void {
    const { state, outcomes } = this.coordinator;
    const here = this.shards.reduce((sum, { connected }) => sum + connected.size, 0);
    assert.ok(state.phase === 'idle' || state.phase === 'gathering', state.phase);
    if (state.phase === 'gathering') assert.ok(here < state.rules.minimum);
    assert.equal(outcomes.length, state.round);
    assert.equal(presence(state), here, 'a shard is believed to have others than it has');
    for (const report of state.shards) assert.ok(!report?.open);
    for (const shard of this.shards)
      assert.equal(shard.held, 0, 'deltas are kept that nobody needs');
  }
}

function pauseOf({ shards }: RoundRules): number {
  return shards > 2 ? PAUSE_MS : 0;
}

function isDue(alarmAt: number | null): boolean {
  return alarmAt !== null && Date.now() >= alarmAt;
}
