import * as v from 'valibot';
import { Problem } from '../../shared/api/problem.ts';
import {
  DeclineSchema,
  HelloSchema,
  ProgressSchema,
  type Assignment,
  type ClientEvents,
  type Handshake,
  type ServerEvents,
  type TrainingState,
} from '../../shared/protocol/messages.ts';
import { spread } from '../../shared/rounds/pace.ts';
import { createLines, type Line, type Lines } from '../socket/lines.ts';
import { Allowance } from './allowance.ts';
import { Bulletin } from './bulletin.ts';
import { issueRoundTicket, readTicket } from './tickets.ts';

/** The room of those who showed no ticket. A volunteer's room is its id, a UUID. */
const WATCHERS = 'watchers';

/** Connections that an object carries well (DESIGN.md measured 5,000); the next ones come back later. */
const MOST_LINES = 5000;
const FULL_MS = 60_000;

/** Messages a second about single volunteers, to all watchers together: 2 % of the thread, see pauses.ts. */
const PROGRESS_A_SECOND = 500;

type Known = { volunteer: string };
type VolunteerLine = Line<ServerEvents, Known>;

/** Where a shard stands, and what it wants to hear of. */
export type Home = {
  secret: string;
  project: string;
  shard: number;
  /** Resolves when the coordinator knows. */
  arrived(volunteer: string): Promise<void>;
  left(volunteer: string): void;
  declined(volunteer: string, round: number): void;
  /** Somebody listens now, if only to watch. */
  connected(): void;
  state(): TrainingState;
  /** The alarm is wanted sooner. */
  schedule(): void;
};

/**
 * The lines to a shard's volunteers and watchers. A volunteer is a room, so a tab that reconnects is
 * the same volunteer; whoever shows no ticket only watches.
 */
export class Volunteers {
  readonly #ctx: DurableObjectState;
  readonly #home: Home;
  #posted: Promise<void> = Promise.resolve();
  readonly lines: Lines<ServerEvents, Known>;
  readonly #bulletin = new Bulletin({
    publish: (state) => this.lines.emit('state', state),
    lines: () => this.lines.count(),
    now: () => Date.now(),
    after: (ms, work) => void setTimeout(work, ms),
  });

  readonly #allowance = new Allowance(PROGRESS_A_SECOND);

  constructor(ctx: DurableObjectState, home: Home) {
    this.#ctx = ctx;
    this.#home = home;
    this.lines = createLines<ClientEvents, ServerEvents, Known>(
      ctx,
      {
        onConnect: (line) => this.#connected(line),
        onMessage: {
          hello: (line, message, acknowledge) => this.#hello(line, message, acknowledge),
          progress: (line, message) => this.#progress(line, message),
          decline: (line, message) => this.#decline(line, message),
        },
        onLeave: (line) => this.#gone(line),
      },
      { onSchedule: () => home.schedule() },
    );
  }

  /** Who is connected: after a sleep, too. */
  present(): string[] {
    return [...this.lines.rooms()].filter((room) => room !== WATCHERS);
  }

  /** Tells everyone, at once or soon; see `Bulletin`. Whoever connects is told what `Home` says. */
  announce(state: TrainingState): void {
    this.#bulletin.hear(state);
  }

  /** With a ticket for its delta, which takes a moment to sign. */
  assign(volunteer: string, asked: Omit<Assignment, 'ticket'>): void {
    const { secret, project, shard } = this.#home;
    const { round, deadline } = asked;
    const signed = issueRoundTicket(secret, { volunteer, shard, project, round, deadline });
    this.#post(async () => {
      this.lines.to(volunteer).emit('assignment', { ...asked, ticket: await signed });
    });
  }

  dismiss(volunteers: readonly string[], round: number, reason: string): void {
    this.#post(() => {
      for (const volunteer of volunteers)
        this.lines.to(volunteer).emit('closed', { round, reason });
    });
  }

  sendAway(volunteers: readonly string[], retryAfterMs: number): void {
    this.#post(() => {
      for (const volunteer of volunteers)
        this.lines.to(volunteer).emit('wait', waitOf(retryAfterMs));
    });
  }

  /** In the order of the calls: whoever is asked and then dismissed must not hear it the other way round. */
  #post(letter: () => void | Promise<void>): void {
    // What went wrong with one letter is no reason to keep the next ones back.
    this.#posted = this.#posted.then(letter, letter);
    this.#ctx.waitUntil(this.#posted);
  }

  async #connected(line: VolunteerLine): Promise<void> {
    const { ticket } = (line.auth ?? {}) as Handshake;
    if (this.lines.count() > MOST_LINES) {
      line.emit('wait', waitOf(FULL_MS));
      return line.close();
    }
    if (ticket === undefined) line.join(WATCHERS);
    else if (!(await this.#identify(line, ticket))) return line.close();
    line.emit('state', this.#home.state());
    this.#home.connected();
  }

  async #identify(line: VolunteerLine, ticket: string): Promise<boolean> {
    const { secret, project, shard } = this.#home;
    try {
      const holder = await readTicket(secret, project, ticket);
      if (holder.shard !== shard)
        throw new Problem(202, `the ticket is for shard ${holder.shard}, this is ${shard}`);
      line.data = { volunteer: holder.volunteer };
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      line.emit('problem', { code: error.code, detail: error.message });
      return false;
    }
  }

  async #hello(
    line: VolunteerLine,
    message: unknown,
    acknowledge: (state: TrainingState) => void,
  ): Promise<void> {
    const volunteer = line.data?.volunteer;
    if (!volunteer || !understood(line, HelloSchema, message)) return;
    line.join(volunteer);
    await this.#home.arrived(volunteer);
    acknowledge(this.#home.state());
  }

  #progress(line: VolunteerLine, message: unknown): void {
    const volunteer = line.data?.volunteer;
    if (!volunteer || !understood(line, ProgressSchema, message)) return;
    // To watchers only, and for many of them now and then: a page draws the last of each volunteer.
    if (!this.#allowance.spend(this.lines.count(WATCHERS), Date.now())) return;
    const progress = { ...v.parse(ProgressSchema, message), volunteer };
    this.lines.to(WATCHERS).volatile.emit('progress', progress);
  }

  #decline(line: VolunteerLine, message: unknown): void {
    const volunteer = line.data?.volunteer;
    if (!volunteer || !understood(line, DeclineSchema, message)) return;
    this.#home.declined(volunteer, v.parse(DeclineSchema, message).round);
  }

  #gone(line: VolunteerLine): void {
    const volunteer = line.data?.volunteer;
    // Another tab, or the same one reconnected before the old line was given up.
    if (volunteer && this.lines.count(volunteer) === 0) this.#home.left(volunteer);
  }
}

/** In seconds, each its own. */
function waitOf(retryAfterMs: number): { retryAfter: number } {
  return { retryAfter: Math.ceil(spread(retryAfterMs, Math.random()) / 1000) };
}

function understood(line: VolunteerLine, schema: v.GenericSchema, message: unknown): boolean {
  const parsed = v.safeParse(schema, message);
  if (!parsed.success) line.emit('problem', { code: 101, detail: v.summarize(parsed.issues) });
  return parsed.success;
}
