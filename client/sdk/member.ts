import type { Problem, ProblemCode } from '../../shared/api/problem.ts';
import type { Ticket } from '../../shared/api/schemas/training.ts';
import { join, type Widget } from '../net/challenge.ts';
import { persist } from '../net/persist.ts';
import type { ContributionEvent } from './events.ts';
import type { Memory } from './memory.ts';

/** A ticket that ends sooner than this, in milliseconds, is not begun with. */
const MARGIN_MS = 60_000;

/** The problems that a new ticket helps with. */
export const RENEWABLE: readonly ProblemCode[] = [202, 203];

export type MemberOptions = {
  origin: string;
  project: string;
  /** Into how many shards the project's volunteers are divided: a ticket names one. */
  shards: number;
  memory: Memory;
  signal: AbortSignal;
  /** Shown to the person at the tab, where the edge asks for one. */
  widget?: Widget | undefined;
  onEvent: (event: ContributionEvent) => void;
};

/** Who this volunteer is to the edge: by the ticket that was kept, while that is good, else by a new one. */
export class Member {
  readonly #o: MemberOptions;
  #ticket: Ticket;
  /** The edge has taken this ticket before: should it refuse it now, then for its age. */
  #wasTaken: boolean;

  private constructor(options: MemberOptions, ticket: Ticket, wasTaken: boolean) {
    this.#o = options;
    this.#ticket = ticket;
    this.#wasTaken = wasTaken;
    options.onEvent({ kind: 'joined', volunteer: ticket.volunteer, again: wasTaken });
  }

  /** @throws Problem 301 when there is no such project; Unreachable when nobody answers. */
  static async enter(options: MemberOptions): Promise<Member> {
    const kept = await options.memory.get('ticket');
    const isGood = kept && kept.expiresAt > Date.now() + MARGIN_MS && kept.shard < options.shards;
    if (isGood) return new Member(options, kept, true);
    return new Member(options, await enrol(options), false);
  }

  get ticket(): Ticket {
    return this.#ticket;
  }

  /** The edge has said hello. */
  taken(): void {
    this.#wasTaken = true;
  }

  /**
   * The edge refused the ticket: joins anew, as another volunteer, for as long as it takes.
   * @throws the problem itself when it is of another kind, or was the answer to a new ticket; Problem
   *   301 when the project is gone; the signal's reason.
   */
  async renew(problem: Problem): Promise<void> {
    if (!RENEWABLE.includes(problem.code) || !this.#wasTaken) throw problem;
    const { signal } = this.#o;
    this.#ticket = await persist(() => enrol(this.#o), { signal, until: Number.POSITIVE_INFINITY });
    this.#wasTaken = false;
    this.#o.onEvent({ kind: 'joined', volunteer: this.#ticket.volunteer, again: false });
  }
}

/** What was begun under another ticket is that volunteer's, and nobody would take it from this one. */
async function enrol({ memory, onEvent, ...options }: MemberOptions): Promise<Ticket> {
  const ticket = await join({ ...options, onPuzzle: () => onEvent({ kind: 'puzzle' }) });
  await memory.remove('unsent', 'checkpoint');
  await memory.set('ticket', ticket);
  return ticket;
}
